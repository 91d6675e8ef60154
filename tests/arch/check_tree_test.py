#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each rule of check_tree.py is seen to fail on a tiny bad tree, and to pass its exceptions."""
import pathlib
import tempfile
import unittest

import check_tree

SPDX = "// SPDX-License-Identifier: Apache-2.0\n"


class CheckTreeTest(unittest.TestCase):
    def errors(self, tree: dict[str, str]) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in tree.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return check_tree.errors_in(root)

    def expect_error(self, tree: dict[str, str], expected: str):
        errors = self.errors(tree)
        self.assertEqual(len(errors), 1, errors)
        self.assertIn(expected, errors[0])

    def expect_code_error(self, path: str, code: str, expected: str):
        self.expect_error({path: SPDX + code + "\n"}, expected)

    def expect_code_clean(self, path: str, code: str):
        self.assertEqual(self.errors({path: SPDX + code + "\n"}), [])

    def test_arrows_that_do_not_exist(self):
        headers = {"sdk/include/loadline/limiter.h": SPDX, "agent/src/model/pool.h": SPDX,
                   "tests/support/loadline/testing/fake_clock.h": SPDX}
        for path, include, target in [
                ("controller/src/a.cc", "loadline/limiter.h", "sdk"),
                ("agent/src/model/a.cc", "loadline/limiter.h", "sdk"),
                ("sdk/src/a.cc", "agent/src/model/pool.h", "agent/src/model"),
                ("sdk/src/a.cc", "model/pool.h", "agent/src/model"),
                ("sdk/src/a.cc", "../../agent/src/model/pool.h", "agent/src/model"),
                ("sdk/src/a.cc", "loadline/testing/fake_clock.h", "tests"),
                ("agent/src/a.cc", "loadline/testing/fake_clock.h", "tests"),
                ("controller/src/a.cc", "loadline/v1/self.pb.h", "proto"),
                ("sdk/src/a.cc", "sched.skel.h", "bpf")]:
            with self.subTest(path=path, include=include):
                self.expect_error({**headers, path: f'{SPDX}#include "{include}"\n'},
                                  f"must not include {include} of {target}")

    def test_arrows_that_exist(self):
        tree = {"controller/include/loadline/clock.h": SPDX,
                "agent/src/model/pool.h": f'{SPDX}#include "loadline/clock.h"\n',
                "agent/cli/top.cc": f'{SPDX}#include "agent/src/model/pool.h"\n',
                "sdk/agent_client/src/a.cc": f'{SPDX}#include "loadline/v1/self.pb.h"\n',
                "tests/unit/agent/a.cc": f'{SPDX}#include "agent/src/model/pool.h"\n'}
        self.assertEqual(self.errors(tree), [])

    def test_the_rooms_of_the_agent_have_an_order(self):
        rooms = ["agent/src/sampler", "agent/src/kernel", "agent/src/model", "agent/src/selfwatch",
                 "agent/src/publish", "agent/src/daemon", "agent/cli"]
        headers = {f"{room}/a.h": SPDX for room in rooms}
        beside = {("agent/src/model", "agent/src/kernel"),
                  ("agent/src/selfwatch", "agent/src/kernel"),
                  ("agent/src/selfwatch", "agent/src/model"),
                  ("agent/src/publish", "agent/src/kernel"),
                  ("agent/src/daemon", "agent/src/kernel"),
                  ("agent/cli", "agent/src/selfwatch")}
        for low, lower in enumerate(rooms):
            for higher in rooms[low + 1:]:
                with self.subTest(lower=lower, higher=higher):
                    up = {**headers, f"{lower}/b.cc": f'{SPDX}#include "{higher}/a.h"\n'}
                    self.expect_error(up, f"{lower} must not include {higher}/a.h of {higher}")
                    down = {**headers, f"{higher}/b.cc": f'{SPDX}#include "{lower}/a.h"\n'}
                    if (higher, lower) in beside:
                        self.expect_error(down, f"{higher} must not include {lower}/a.h")
                    else:
                        self.assertEqual(self.errors(down), [])

    def test_the_demo_the_simulator_and_the_daemon_know_nothing_of_each_other(self):
        for room, target in [("agent/demo", "agent/src/daemon"), ("agent/demo", "agent/simulate"),
                             ("agent/simulate", "agent/src/model"), ("agent/cli", "agent/demo"),
                             ("agent/cli", "agent/simulate"), ("agent/command", "agent/cli"),
                             ("agent/src/daemon", "agent/command")]:
            with self.subTest(room=room, target=target):
                self.expect_error({f"{target}/a.h": SPDX,
                                   f"{room}/b.cc": f'{SPDX}#include "{target}/a.h"\n'},
                                  f"{room} must not include {target}/a.h of {target}")

    def test_a_folder_of_the_agent_that_is_in_no_room_has_no_arrow(self):
        header = {"agent/src/model/a.h": SPDX, "agent/src/new/b.h": SPDX}
        out = f'{SPDX}#include "agent/src/model/a.h"\n'
        self.expect_error({**header, "agent/src/new/a.cc": out},
                          "agent must not include agent/src/model/a.h of agent/src/model")
        into = f'{SPDX}#include "agent/src/new/b.h"\n'
        self.expect_error({**header, "agent/src/model/a.cc": into},
                          "agent/src/model must not include agent/src/new/b.h of agent")

    def test_a_rule_for_a_room_that_does_not_exist(self):
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for room in check_tree.MAY_INCLUDE:
                (root / room).mkdir(parents=True, exist_ok=True)
            self.assertEqual(check_tree.room_errors(root), [])
            (root / "sdk/examples").rmdir()
            self.assertEqual(check_tree.room_errors(root), [
                "sdk/examples: a room of tests/arch/tree_rules.py that does not exist"])

    def test_the_ledger_contract_is_for_one_file_of_the_sdk(self):
        header = {"bpf/include/loadline_abi/ledger.h": SPDX, "bpf/include/loadline_abi/slot.h": SPDX}
        code = f'{SPDX}#include "loadline_abi/ledger.h"\n'
        self.assertEqual(self.errors({**header, "sdk/src/wait_ledger.cc": code}), [])
        self.expect_error({**header, "sdk/src/limiter.cc": code}, "sdk must not include")
        self.expect_error({**header, "sdk/src/wait_ledger.cc":
                           f'{SPDX}#include "loadline_abi/slot.h"\n'}, "sdk must not include")

    def test_slots_are_decoded_for_the_probes_reader_and_one_file_of_the_sdk(self):
        header = {"ledger/counters.h": SPDX}
        code = f'{SPDX}#include "ledger/counters.h"\n'
        for path in ["agent/src/kernel/sample.cc", "sdk/src/wait_ledger.cc"]:
            with self.subTest(path=path):
                self.assertEqual(self.errors({**header, path: code}), [])
        for path in ["agent/src/model/a.cc", "sdk/src/limiter.cc", "controller/src/a.cc"]:
            with self.subTest(path=path):
                self.expect_error({**header, path: code}, "must not include ledger/counters.h")
        self.expect_error({"agent/src/kernel/sample.h": SPDX, "ledger/counters.h":
                           f'{SPDX}#include "agent/src/kernel/sample.h"\n'},
                          "ledger must not include")

    def test_clock_reads(self):
        for code in ["auto t = std::chrono::steady_clock::now();", "auto t = absl::Now();",
                     "clock_gettime(CLOCK_MONOTONIC, &ts);", "gettimeofday(&tv, nullptr);",
                     "auto t = time(nullptr);", "auto t = std::time(0);"]:
            with self.subTest(code=code):
                self.expect_code_error("sdk/src/a.cc", code, "clock read")
        self.expect_code_clean("controller/src/steady_clock.cc", "steady_clock::now();")
        self.expect_code_clean("sdk/src/a.cc", "// steady_clock::now() is not for here.")
        self.expect_code_clean("sdk/src/a.cc", "auto t = window.time(0);")

    def test_sleeps(self):
        for code in ["std::this_thread::sleep_for(1ms);", "usleep(1);", "nanosleep(&t, nullptr);",
                     "absl::SleepFor(absl::Seconds(1));", "sleep(1);"]:
            with self.subTest(code=code):
                self.expect_code_error("agent/src/a.cc", code, "(sleep)")
                self.expect_code_clean("sdk/examples/inventory/main.cc", code)
        self.expect_code_clean("agent/src/a.cc", "totals.sleep(1);")

    def test_libraries_neither_print_nor_exit_nor_read_the_environment(self):
        for code in ["#include <iostream>", "std::cerr << 1;", 'printf("x");', 'fprintf(f, "x");',
                     "exit(1);", "std::abort();", 'getenv("X");']:
            with self.subTest(code=code):
                self.expect_code_error("sdk/src/a.cc", code, "by a library"
                                       if "exit" in code or "abort" in code or "env" in code
                                       else "of a library")
                self.expect_code_clean("sdk/examples/orders/main.cc", code)
                self.expect_code_clean("agent/cli/main.cc", code)

    def test_bpf_is_c(self):
        self.expect_error({"bpf/src/a.cc": SPDX}, "bpf is C only")

    def test_licence_line(self):
        self.expect_error({"sdk/src/a.cc": "int x;\n"}, "the first line must be SPDX")
        self.expect_error({"cmake/a.cmake": "\n\n# SPDX-License-Identifier: Apache-2.0\n"}, "SPDX")
        self.assertEqual(self.errors({"a.py": "#!/usr/bin/env python3\n#" + SPDX[2:]}), [])
        self.assertEqual(self.errors({"README.md": "text\n"}), [])

    def test_length(self):
        self.expect_code_error("sdk/src/a.cc", "int x;\n" * 449, "451 lines, more than 450")

    def test_an_exception_from_length_that_nothing_needs(self):
        check_tree.LONG_FILES["sdk/src/gone.cc"] = "for the test"
        self.addCleanup(check_tree.LONG_FILES.pop, "sdk/src/gone.cc")
        self.expect_error({}, "without need")

    def test_findings_are_scripts_outside_of_ci(self):
        script = {"findings/x.sh": "#!/bin/sh\n#" + SPDX[2:], "findings/README.md": "x.sh\n"}
        self.assertEqual(self.errors(script), [])
        self.expect_error({"findings/x.sh": "#!/bin/sh\n"}, "the first line must be SPDX")
        self.expect_error({"findings/x.cc": SPDX}, "findings holds NAME.sh and README.md")
        self.expect_error({"findings/x/y.sh": "#!/bin/sh\n#" + SPDX[2:]}, "findings holds NAME.sh")
        for path in ["Makefile", ".ci/run", "tests/CMakeLists.txt", "tests/run_tests.sh"]:
            with self.subTest(path=path):
                self.expect_error({path: "#" + SPDX[2:] + "findings/x.sh\n"}, "names findings/")

    def test_what_holds_on_one_machine_only(self):
        self.expect_error({"docs/a.md": "see /ho" "me/somebody/x\n"}, "a path of one machine")
        self.expect_error({"docs/a.md": "ls /ro" "ot/\n"}, "a path of one machine")
        self.expect_error({"docs/a.md": "get http://mirror.int" "ernal/x\n"}, "of one network")
        self.assertEqual(self.errors({"docs/a.md": "src/work/x, see https://kernel.org\n"}), [])

    def test_what_tools_make_is_not_ours(self):
        self.assertEqual(self.errors({"build/debug/a.cc": "int x;\n", ".git/a.py": "x\n"}), [])


if __name__ == "__main__":
    unittest.main()
