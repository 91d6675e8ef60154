# SPDX-License-Identifier: Apache-2.0
"""All cases, and what must hold of them together."""
import collections
import importlib
import pathlib
import re
import string
import sys

from case import CAUSES, SEVERITIES, Case

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE)]

# The kinds of situation in which the diagnosis was wrong once; each is played at least twice.
KINDS = ("late", "limiter", "busy_host", "shared_poll", "blocked_loop", "blocking_workers", "mostly_idle", "idle_lock",
         "counting_condition", "thin_traffic", "request_in_hand", "connection_pool", "interpreter_lock", "affinity",
         "siblings", "pool_deadlock", "quota", "failover", "many_pools", "")
PAIRS_OF_A_CAUSE = 4
AT_REST = 15
RUNTIMES = 10
PAIRS_OF_A_KIND = 2
UNKNOWN_MAX = 6


def modules() -> dict[str, object]:
    names = sorted(path.stem for path in (HERE / "cases").glob("[a-z]*.py"))
    return {name: importlib.import_module(f"cases.{name}") for name in names}


def cases() -> dict[str, Case]:
    return {name: module.CASE for name, module in modules().items()}


def case_errors(name: str, case: Case) -> list[str]:
    found = []
    for expect in filter(None, (case.expect, case.busy)):
        found += [f"{name}: no cause is called {each}" for each in (*expect.cause, *expect.never) if each not in CAUSES]
        found += [f"{name}: no severity is called {each}" for each in expect.severity if each not in SEVERITIES]
        found += [f"{name}: {each} is both right and harmful" for each in expect.cause if each in expect.never]
        if not expect.never:
            found.append(f"{name}: says nothing that would be harmful")
        for pattern in (expect.culprit, *expect.never_say):
            try:
                re.compile(re.sub(r"\{[a-z_]\w*\}", "role", pattern))
            except re.error as error:
                found.append(f"{name}: {pattern!r} is no regular expression: {error}")
    if case.kind not in KINDS:
        found.append(f"{name}: no kind is called {case.kind}")
    if case.at_rest and case.waiting:
        found.append(f"{name}: at rest, and waiting")
    if not set(name) <= set(string.ascii_lowercase + string.digits + "_"):
        found.append(f"{name}: a case is called in lower case, with underscores")
    return found


def book_errors(all_cases: dict[str, Case]) -> list[str]:
    """What is missing of the breadth that the suite promises."""
    found = [error for name, case in all_cases.items() for error in case_errors(name, case)]
    of_cause = collections.Counter(case.expect.cause[0] for case in all_cases.values())
    found += [f"{cause}: {of_cause[cause]} cases, wanted {PAIRS_OF_A_CAUSE}" for cause in CAUSES
              if cause not in ("unknown", "idle") and of_cause[cause] < PAIRS_OF_A_CAUSE]
    of_kind = collections.Counter(case.kind for case in all_cases.values())
    found += [f"{kind}: {of_kind[kind]} cases, wanted {PAIRS_OF_A_KIND}" for kind in KINDS
              if kind and of_kind[kind] < PAIRS_OF_A_KIND]
    rest = sum(case.expect.cause[0] == "idle" for case in all_cases.values())
    unknown = sum("unknown" in case.expect.cause for case in all_cases.values())
    runtimes = {case.runtime for case in all_cases.values()} - {"c", "c++"}
    other = sum(case.release != "bookworm" for case in all_cases.values())
    renamed = sum(case.renamed for case in all_cases.values())
    count = len(all_cases)
    found += [line for holds, line in [
        (rest >= AT_REST, f"{rest} cases at rest, wanted {AT_REST}"),
        (unknown <= UNKNOWN_MAX, f"unknown is right in {unknown} cases, at most {UNKNOWN_MAX}"),
        (len(runtimes) >= RUNTIMES, f"{len(runtimes)} runtimes, wanted {RUNTIMES}: {', '.join(sorted(runtimes))}"),
        (other * 5 >= count, f"{other} of {count} cases run programs of another release, wanted a fifth"),
        (renamed * 3 >= count, f"{renamed} of {count} cases rename the program, wanted a third"),
    ] if not holds]
    return found
