# SPDX-License-Identifier: Apache-2.0
"""The rules that check_tree.py enforces, as data. An exception is a path pattern and its reason."""

SAMPLER, KERNEL, MODEL = "agent/src/sampler", "agent/src/kernel", "agent/src/model"
NAMING = "agent/src/naming"
SELFWATCH, PUBLISH, DAEMON = "agent/src/selfwatch", "agent/src/publish", "agent/src/daemon"
DIAGNOSIS = "agent/src/diagnosis"
COMMAND, CLI = "agent/command", "agent/cli"
DEMO, SIMULATE = "agent/demo", "agent/simulate"

# Room -> rooms whose headers it may include. The arrows of ARCHITECTURE.md. A path belongs to the
# longest room that contains it. Each room must exist.
MAY_INCLUDE = {
    "bpf": set(),
    "proto": set(),
    "controller": set(),
    "ledger": {"controller", "bpf"},
    "agent": set(),  # What lies in none of the rooms below has no arrow.
    SAMPLER: {"controller", "bpf"},
    KERNEL: {SAMPLER, "ledger", "controller", "bpf"},
    MODEL: {SAMPLER, "controller", "proto"},
    NAMING: set(),
    SELFWATCH: {SAMPLER, "controller"},
    DIAGNOSIS: {MODEL, NAMING, SAMPLER, "controller", "proto"},
    PUBLISH: {DIAGNOSIS, MODEL, NAMING, SELFWATCH, SAMPLER, "controller", "proto"},
    DAEMON: {PUBLISH, DIAGNOSIS, MODEL, SELFWATCH, SAMPLER, "controller"},
    COMMAND: {"controller"},
    CLI: {COMMAND, DAEMON, PUBLISH, MODEL, KERNEL, SAMPLER, "controller", "proto"},
    DEMO: {COMMAND, "controller", "proto"},
    SIMULATE: {COMMAND, "controller"},
    "sdk": {"controller"},
    "sdk/agent_client": {"sdk", "controller", "proto"},
    "sdk/examples": {"sdk", "sdk/agent_client", "controller"},
}
MAY_INCLUDE["tests"] = set(MAY_INCLUDE)  # Tests may see everything; nothing may see tests.

# One file's own arrow -> the only headers that it may reach by it.
MAY_ALSO_INCLUDE = {
    "agent/src/publish/ledger_server.h": {"loadline_abi/ledger.h"},  # What it hands to processes.
    # The shared-memory contract, and how it is read: headers only.
    "sdk/src/wait_ledger.cc": {"loadline_abi/ledger.h", "ledger/counters.h", "ledger/slot_reader.h"},
}

# A room without arrows and outside of builds and CI: what other people's software does.
FINDINGS = "findings"
CI_FILES = ("Makefile", ".ci/*", "CMakeLists.txt", "*/CMakeLists.txt", "*.cmake", "tests/*.sh")

GENERATED = {r"^loadline/v1/.*\.pb\.h$": "proto", r"\.skel\.h$": "bpf", r"^vmlinux\.h$": "bpf"}

PROGRAMS = "programs talk to people and end"
WORKLOAD = "a workload whose waits and times are the known truth of a test"

# (what it is, pattern, rooms it holds in, path pattern -> why it is allowed there, what to do).
BANNED = [
    ("clock read",
     r"\b(?:steady|system|high_resolution)_clock::now\b|\babsl::Now\(|\bclock_gettime\("
     r"|\bgettimeofday\(|(?<![\w.>:])(?:std::)?time\((?:NULL|nullptr|0|&)",
     ("controller", "sdk", "agent", "tests"),
     {"controller/src/steady_clock.cc": "the one door to time",
      "tests/bpf/*": WORKLOAD,
      "agent/cli/explain_command.cc": "a person's 03:12 is the wall clock's",
      "tests/bench/*": WORKLOAD,
      "tests/kernels/*": WORKLOAD,
      "tests/explain/workloads/*": WORKLOAD},
     "take a loadline::Clock"),
    ("sleep",
     r"\bsleep_for\b|\bsleep_until\b|\busleep\(|\bnanosleep\(|\babsl::SleepFor\("
     r"|(?<![\w.>])sleep\(",
     ("controller", "sdk", "agent", "tests"),
     {"sdk/examples/inventory/*": "its latency is its job",
      "tests/bpf/*": WORKLOAD,
      "tests/bench/*": WORKLOAD,
      "tests/e2e/held_back.cc": WORKLOAD,
      "tests/kernels/*": WORKLOAD,
      "tests/explain/workloads/*": WORKLOAD},
     "wait on a condition with a deadline, or advance a FakeClock"),
    ("output of a library",
     r"<iostream>|<cstdio>|<stdio\.h>|\bf?printf\(|\bstd::c(?:out|err|log)\b|\bputs\(",
     ("controller", "sdk"), {"sdk/examples/*": PROGRAMS}, "return a status or count it"),
    ("end of the process by a library",
     r"(?<![\w.>])(?:std::)?(?:exit|_exit|quick_exit|abort|terminate)\(",
     ("controller", "sdk"), {"sdk/examples/*": PROGRAMS}, "return an absl::Status"),
    ("environment read by a library",
     r"\b(?:secure_)?getenv\(",
     ("controller", "sdk"),
     {"sdk/examples/*": PROGRAMS,
      "sdk/src/environment.cc": "LOADLINE_MODE=off must work on a service that is not rebuilt"},
     "take an option"),
]

# Of any text file, comments and documents included: what holds on one machine only.
UNPORTABLE = [
    (r"(?<![\w.])/(?:home|Users|work)/[\w.-]+|(?<![\w.])/root/", "a path of one machine"),
    (r"https?://[\w.-]+\.(?:internal|corp|lan|local|intra)\b", "a host of one network"),
]

SPDX = "SPDX-License-Identifier: "
SPDX_SUFFIXES = {".h", ".c", ".cc", ".py", ".sh", ".cmake", ".proto", ".jsonnet", ".libsonnet",
                 ".yml", ".yaml"}
SPDX_NAMES = {"CMakeLists.txt", "Makefile"}

LINES_MAX = 450
LONG_FILES: dict[str, str] = {}  # Path -> why it is one noun in spite of its length.
