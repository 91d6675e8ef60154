# SPDX-License-Identifier: Apache-2.0
"""One cell of the table: what `explain` said of a case in a column, beside what the case file says. No I/O."""
import dataclasses
import re

from case import TROUBLE, Case

COLUMNS = ("quiet_before", "quiet_after", "busy_before", "busy_after")


@dataclasses.dataclass
class Said:
    """What was printed in one cell; `problem` where nothing was."""
    report: dict | None = None
    text: str = ""
    pools: list[dict] = dataclasses.field(default_factory=list)  # Of the program alone.
    names: dict[str, str] = dataclasses.field(default_factory=dict)  # Role -> who that is, such as peer -> address.
    problem: str = ""


@dataclasses.dataclass
class Cell:
    case: str
    column: str
    cause: str = ""
    culprit: str = ""
    severity: str = ""
    right_cause: bool = False
    right_severity: bool = False
    right_culprit: bool | None = None  # None: the case has none to name.
    harmful: list[str] = dataclasses.field(default_factory=list)
    problem: str = ""
    threads: int = 0  # Of a program at rest.
    idle: float = 0
    waiting_expected: int = 0
    waiting: float = 0

    @property
    def right(self) -> bool:
        return self.right_cause and self.right_culprit is not False


def fill(pattern: str, names: dict[str, str]) -> str:
    """The expression with the names of the run in it. A name that play() did not give is an error of the case."""
    def name(found: re.Match) -> str:
        return rf"(?<![\w.]){re.escape(names[found[1]])}(?!\w)"
    return re.sub(r"\{([a-z_]\w*)\}", name, pattern)


LOST_MIN = 0.5  # Threads: below that an entry is a remark about some helper, whatever it says.


def lost_threads(entry: dict) -> float:
    """How many threads its pools lose to it, on average."""
    return sum(pool.get("lost_threads", pool.get("share", entry.get("share", 1)) * pool.get("threads", 1))
               for pool in entry.get("pools", [{}]))


def is_trouble(entry: dict) -> bool:
    return entry.get("severity") in TROUBLE and lost_threads(entry) >= LOST_MIN


def harm(entries: list[dict], expect) -> list[str]:
    """What was said that must not be."""
    found = []
    for at, entry in enumerate(entries):
        if entry.get("cause") in expect.never and (is_trouble(entry) or at == 0 and not is_quiet_remark(entry, expect)):
            found.append(f"cause {entry['cause']} ({entry.get('severity')})")
        for pattern in expect.never_say:
            found += [f"advice: {line}" for line in entry.get("advice", []) if re.search(pattern, line, re.I)]
    return found


def is_quiet_remark(entry: dict, expect) -> bool:
    """The first entry about a program that is not in trouble: what its rare work is spent on is no harm to say."""
    return not is_trouble(entry) and not set(expect.severity) & set(TROUBLE)


def judge(name: str, case: Case, column: str, said: Said) -> Cell:
    expect = case.expected(column)
    cell = Cell(name, column, problem=said.problem, waiting_expected=case.waiting)
    count_threads(cell, case, said.pools)
    if said.problem or said.report is None:
        cell.problem = cell.problem or "nothing was printed"
        cell.right_culprit = False if expect.culprit else None
        return cell
    entries = said.report.get("entries", [])
    first = entries[0] if entries else {"cause": "idle", "severity": "ample"}  # No word is one of rest.
    cell.cause, cell.culprit = first.get("cause", ""), first.get("culprit", "")
    cell.severity = first.get("severity", "")
    cell.right_severity = cell.severity in expect.severity
    cell.right_cause = cell.cause in expect.cause and (cell.right_severity or not expect.strict)
    if expect.culprit:
        cell.right_culprit = bool(re.search(fill(expect.culprit, said.names), cell.culprit))
    cell.harmful = harm(entries or [first], expect)
    return cell


def count_threads(cell: Cell, case: Case, pools: list[dict]):
    if case.at_rest:
        cell.threads = sum(pool.get("threads", 0) for pool in pools)
        cell.idle = sum(pool.get("idle", 0) for pool in pools)
    if case.waiting:
        shown = sum(pool.get("waiting", 0) for pool in pools)
        cell.waiting = min(shown, case.waiting)
