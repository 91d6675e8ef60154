# SPDX-License-Identifier: Apache-2.0
"""What a case file says: a program, how it gets into a state, and what the right diagnosis is. No I/O.

A file of cases/ has a docstring (what the program does and why the answer is what it is), a generator `play(stage)`
and a `CASE`. `play` starts the program and its healthy load, and yields whom to ask about; what follows the yield puts
the program into its state and returns. The answer stands in the file before its first run, and is never changed to what
Loadline says: only where the reason given for it was wrong, which the commit explains.
"""
import dataclasses

CAUSES = ("cpu", "own_queue", "neighbour", "quota", "lock", "dependency", "handoff", "one_at_a_time", "storage",
          "memory", "event_loop", "sleep", "child", "ipc", "deadlock", "threads", "frozen", "stopped", "unknown", "idle")
TROUBLE = ("exhausted", "stuck", "tight")
QUIET = ("ample", "busy", "unknown")
SEVERITIES = TROUBLE + QUIET

# Diagnoses that send somebody the wrong way, by what the truth is.
CPU_WORDS = ("cpu", "own_queue", "neighbour", "quota", "threads")
# Of threads that wait: they need no CPU, and they are not at rest.
NOT_WAITING = (*CPU_WORDS, "idle")
# Of threads at rest, or with enough others at rest: none of these is to be removed.
NOT_REST = tuple(each for each in CAUSES if each not in ("idle", "unknown"))
MORE_THREADS = r"(?<!not )\b(?:add|use|start|allow|configure|raise|needs?)\b[^.]{0,20}\b(?:more (?:threads|workers)|threads to)\b"
# About one program; between programs it may be right.
MOVE = r"\bmove one\b|\bpin\b"
SHORTEN = r"\bshorten\b|\bunder (?:it|the lock)\b"
HEALTHY = r"\bhealthy\b|\bat rest\b|\bnothing to do\b"


@dataclasses.dataclass(frozen=True)
class Expect:
    """The right first entry, and what must not be said."""
    cause: tuple[str, ...]  # Any of these is right.
    severity: tuple[str, ...]
    culprit: str = ""  # A regular expression; {role} stands for what play() named. Empty: none is judged.
    never: tuple[str, ...] = ()  # Causes that would be harmful as the first of an entry in trouble, or as the only word.
    never_say: tuple[str, ...] = ()  # Regular expressions: harmful in any advice.
    strict: bool = False  # The severity is part of the right cause: where it is what matters, as for rest.


@dataclasses.dataclass(frozen=True)
class Case:
    seen: str  # The kind of situation, as one would tell it.
    expect: Expect
    packages: tuple[str, ...] = ()
    busy: Expect | None = None  # Where the answer is another one while others take every CPU.
    runtime: str = "c"
    group: str = ""  # Cases of one group run at once. Empty: with any that use no CPU. "alone": with none.
    release: str = "bookworm"
    at_rest: bool = False  # All threads of the program are idle.
    waiting: int = 0  # So many of its threads wait for something for most of the time.
    renamed: bool = False  # The program runs under another name than its own.
    fast: bool = False  # In the part for CI.
    kind: str = ""  # Which of the KINDS in book.py it is.

    def expected(self, column: str) -> Expect:
        return self.busy if self.busy and column.startswith("busy") else self.expect


def rest(severity=("ample", "unknown")) -> Expect:
    """A program that has nothing to do."""
    return Expect(cause=("idle",), severity=severity, never=NOT_REST, strict=True,
                  never_say=(MORE_THREADS, MOVE, SHORTEN))


def says(cause: str, severity, culprit: str = "", never=(), never_say=()) -> Expect:
    """Threads that wait for something else than work: neither a CPU nor rest is to be named."""
    harmful = tuple(each for each in (*NOT_WAITING, *never) if each != cause)
    return Expect(cause=(cause,), culprit=culprit, severity=severity, never=harmful, never_say=(MOVE, HEALTHY, *never_say))


def wants_cpu(cause: str, severity, culprit: str = "", never=(), never_say=()) -> Expect:
    """Threads that run or want to: no wait is to be named, and they do not rest."""
    waits = ("dependency", "lock", "handoff", "deadlock", "storage", "event_loop", "sleep", "idle")
    return Expect(cause=(cause,), culprit=culprit, severity=severity, never=(*waits, *never),
                  never_say=(HEALTHY, MORE_THREADS, *never_say))


def waits_for_peer(severity=("exhausted",), culprit="{peer}") -> Expect:
    """All who could work wait for one address."""
    return Expect(cause=("dependency",), culprit=culprit, severity=severity,
                  never=(*NOT_WAITING, "event_loop", "lock", "deadlock", "one_at_a_time"), never_say=(MOVE, SHORTEN, HEALTHY))
