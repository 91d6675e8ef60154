# SPDX-License-Identifier: Apache-2.0
"""Plays a group of cases on one kind of host, and asks two agents about them: one that was there before, one that came late."""
import collections
import concurrent.futures
import contextlib
import dataclasses
import os
import pathlib
import subprocess
import time

from agent import Agent
from case import Case
from judge import Said
from stage import EQUALS, Stage, tree

SETTLE_SECONDS = 5  # Of the healthy state, under the first agent.
OBSERVE_SECONDS = 11  # One window of ten seconds, and the reading that ends it.
LATE_SECONDS = 30  # So long after the onset the second agent starts.
SPINNER = "while :; do :; done"


@dataclasses.dataclass
class Playing:
    name: str
    case: Case
    stage: Stage
    steps: object = None
    whom: str = ""
    pid: int = 0
    problem: str = ""

    def step(self):
        try:
            answer = next(self.steps, None)
        except Exception as error:  # Whatever a case meets is a cell that was not played, and no end of the others.
            self.problem = f"{type(error).__name__}: {error}"
            return
        if answer is not None:
            self.whom, self.pid = answer

    def said(self, agent: Agent, pools: list[dict]) -> Said:
        if self.problem:
            return Said(problem=self.problem)
        if not pathlib.Path(f"/proc/{self.pid}").exists():
            return Said(problem=f"the program (pid {self.pid}) is no more")
        said = agent.explain(self.whom)
        pids = tree(self.pid)
        said.pools = [pool for pool in pools if pool.get("pid") in pids]
        said.names = self.stage.names
        return said


@contextlib.contextmanager
def neighbours(busy: bool):
    """One program for each CPU that never stops, and is no part of any case."""
    processes = [subprocess.Popen(["/bin/sh", "-c", SPINNER], stdin=subprocess.DEVNULL, start_new_session=True)
                 for _ in range(os.cpu_count() if busy else 0)]
    for group in EQUALS:
        for process in processes:
            group.join(process.pid)
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def at_once(playing: list[Playing]):
    with concurrent.futures.ThreadPoolExecutor(len(playing)) as pool:
        list(pool.map(Playing.step, [each for each in playing if not each.problem]))


def sleep_until(when: float):
    if (left := when - time.monotonic()) > 0:
        time.sleep(left)


def ask(agent: Agent, playing: list[Playing]) -> dict[str, Said]:
    pools = agent.pools()
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return dict(zip([each.name for each in playing], pool.map(lambda each: each.said(agent, pools), playing)))


@contextlib.contextmanager
def watched(bin_dir, flags, playing: list[Playing], said: dict[str, Said]):
    """An agent around what happens inside; that it cannot start is what it says of all cases."""
    with contextlib.ExitStack() as stack:
        try:
            agent = stack.enter_context(Agent(bin_dir, flags))
        except AssertionError as error:
            said.update({each.name: Said(problem=str(error)) for each in playing})
            agent = None
        yield agent


def play(cases: dict[str, Case], plays: dict[str, object], busy: bool, moments, bin_dir, flags) -> dict[str, dict[str, Said]]:
    """-> moment ("before", "after") -> case -> what was said."""
    found: dict[str, dict[str, Said]] = {moment: {} for moment in moments}
    with contextlib.ExitStack() as stack:
        playing = [Playing(name, case, stack.enter_context(Stage(name, case.release))) for name, case in cases.items()]
        for each in playing:
            each.steps = plays[each.name](each.stage)
        at_once(playing)
        stack.enter_context(neighbours(busy))
        with watched(bin_dir, flags, playing, found["before"]) if "before" in moments else contextlib.nullcontext() as agent:
            if agent:
                time.sleep(SETTLE_SECONDS)
            at_once(playing)
            onset = time.monotonic()
            if agent:
                sleep_until(onset + OBSERVE_SECONDS)
                found["before"] = ask(agent, playing)
        if "after" in moments:
            sleep_until(onset + LATE_SECONDS)
            with watched(bin_dir, flags, playing, found["after"]) as agent:
                if agent:
                    time.sleep(OBSERVE_SECONDS)
                    found["after"] = ask(agent, playing)
    return found


REHEARSE_SECONDS = 4
REHEARSE_LINES = 12  # Of a case.


def waits(pid: int) -> collections.Counter:
    """(command, thread, state, where in the kernel) -> how many threads."""
    found = collections.Counter()
    for task in pathlib.Path(f"/proc/{pid}/task").glob("*"):
        with contextlib.suppress(OSError):
            name = (task / "comm").read_text().strip().rstrip("0123456789")
            state = (task / "stat").read_text().rpartition(")")[2].split()[0]
            found[(pathlib.Path(f"/proc/{pid}/comm").read_text().strip(), name, state, (task / "wchan").read_text())] += 1
    return found


def rehearse(cases: dict[str, Case], plays: dict[str, object], busy: bool):
    """Plays them without an agent, and prints what the threads do in the healthy state and in the other."""
    with contextlib.ExitStack() as stack:
        playing = [Playing(name, case, stack.enter_context(Stage(name, case.release))) for name, case in cases.items()]
        for each in playing:
            each.steps = plays[each.name](each.stage)
        began = time.monotonic()
        at_once(playing)
        print(f"up after {time.monotonic() - began:.1f} s")
        stack.enter_context(neighbours(busy))
        time.sleep(REHEARSE_SECONDS)
        at_once(playing)
        time.sleep(REHEARSE_SECONDS)
        for each in playing:
            print(f"{each.name}: {each.problem or each.whom}; names {each.stage.names}")
            seen = collections.Counter()
            for pid in tree(each.pid) if each.pid else ():
                seen += waits(pid)
            for (command, thread, state, where), count in seen.most_common(REHEARSE_LINES):
                print(f"    {count:4} {command}/{thread} {state} {where}")
