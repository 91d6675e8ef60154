# SPDX-License-Identifier: Apache-2.0
"""What each kernel has to do, and what a guest is asked to play for it. No I/O."""
from judges import base, churn, freezer, graph, hotplug, quota, reasons
from judges.console import Section, is_refusal

NEWEST_KNOWN = "7.3"  # Others' quotas are compared with what this one says.

# Column -> (scenario, sources); "probes" is bpf, or iter where bpf has to refuse.
COLUMNS = {
    "bpf": ("base", ("bpf",)),
    "iter": ("base", ("iter",)),
    "proc": ("base", ("proc",)),
    "deep": ("graph", ("deep",)),
    "quota": ("quota", ("probes",)),
    "churn": ("churn", ("probes",)),
    "freezer": ("freezer", ("bpf", "iter", "proc")),
    "hotplug": ("hotplug", ("probes",)),
    "reasons": ("reasons", ("probes",)),
}
JUDGES = {"base": base.judge, "graph": graph.judge, "churn": churn.judge, "freezer": freezer.judge,
          "hotplug": hotplug.judge, "reasons": reasons.judge}
FIGURES = {"quota": quota.figures, "churn": churn.figures, "reasons": reasons.figures}
# As a guest plays them: the first two share a workload, the last leaves the most behind.
ORDER = ("base", "hotplug", "freezer", "reasons", "quota", "churn", "graph")
SOURCES = ("bpf", "iter", "proc", "deep")

REFUSED = {"5.10": ("bpf", "deep")}  # No storage for tasks.
# These do not say when a quota let a group go again: throttled and unattributed together have to
# cover cpu.stat.
QUOTA_COVERED = ("5.10", "6.1")


def expected(kernel: str) -> dict[str, str]:
    """A kernel that is newer than this table has to do all."""
    return {column: "refused" if column in REFUSED.get(kernel, ()) else "pass" for column in COLUMNS}


def by_weight(kernels: list[str]) -> list[str]:
    """Where there is time for some only: the newest, the oldest, the newest real-time one, the rest."""
    def version(kernel: str) -> tuple[int, ...]:
        return tuple(int(part) for part in kernel.partition("-")[0].split("."))
    ordered = sorted(kernels, key=version)
    common = [kernel for kernel in ordered if "-" not in kernel]
    first = common[-1:] + common[:1] + [each for each in ordered if each.endswith("-rt")][-1:]
    return list(dict.fromkeys(first + ordered[::-1]))


def sources_of(kernel: str, column: str) -> list[str]:
    refused = REFUSED.get(kernel, ())
    scenario, sources = COLUMNS[column]
    found = [("iter" if "bpf" in refused else "bpf") if source == "probes" else source
             for source in sources]
    return [source for source in found if scenario in ("base", "graph") or source not in refused]


def plan(kernel: str, columns) -> str:
    """What the guest reads from its command line: "bpf:base+quota,iter:base,deep:graph"."""
    runs = {source: set() for source in SOURCES}
    for column in columns:
        for source in sources_of(kernel, column):
            runs[source].add(COLUMNS[column][0])
    return ",".join(f"{source}:{'+'.join(sorted(scenarios, key=ORDER.index))}"
                    for source, scenarios in runs.items() if scenarios)


def find(sections: list[Section], scenario: str, source: str) -> Section | None:
    return next((each for each in sections if (each.scenario, each.source) == (scenario, source)),
                None)


def outcome(kernel: str, column: str, sections: list[Section]) -> tuple[str, list[str]]:
    """-> pass, fail or refused, and why."""
    scenario, wrong = COLUMNS[column][0], []
    sources = sources_of(kernel, column)
    for source in sources:
        end = find(sections, "graph" if source == "deep" else "agent", source)
        section = find(sections, scenario, source)
        if end is not None and is_refusal(end):
            if len(sources) == 1:
                return "refused", [end.text("log")]
            found = [f"refused: {end.text('log')}"]
        elif section is None:
            found = ["was not played" + (f": {end.text('log')}" if end else "")]
        elif scenario == "quota":
            found = quota.judge(section, kernel not in QUOTA_COVERED)
        else:
            found = JUDGES[scenario](section)
        wrong += [f"{source}: {line}" if len(sources) > 1 else line for line in found]
    return ("fail", wrong) if wrong else ("pass", [])


def quota_section(kernel: str, sections: list[Section]) -> Section | None:
    return find(sections, "quota", sources_of(kernel, "quota")[0])


def compare_quotas(sections: dict[str, list[Section]]) -> dict[str, list[str]]:
    """Kernel -> what is wrong with its quotas beside those of the newest known one."""
    newest = quota_section(NEWEST_KNOWN, sections.get(NEWEST_KNOWN, []))
    found = {}
    for kernel, of_kernel in sections.items():
        section = quota_section(kernel, of_kernel)
        if section is not None and kernel not in QUOTA_COVERED:
            found[kernel] = quota.compare(section, newest)
    return found


def figures(column: str, kernel: str, sections: list[Section]) -> str | None:
    scenario = COLUMNS[column][0]
    section = find(sections, scenario, sources_of(kernel, column)[0])
    return FIGURES[scenario](section) if section and scenario in FIGURES else None
