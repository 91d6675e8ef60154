# SPDX-License-Identifier: Apache-2.0
# Goal: each kernel plays what it has to, and a column is what its scenarios are.
# Method: plans and outcomes of made-up sections.
import unittest

import matrix
from judges import made

REFUSAL = {"code": "3\n", "log": "loadline: this kernel has no storage for tasks\n"}


class MatrixTest(unittest.TestCase):
    def test_a_source_plays_all_its_scenarios_in_one_run(self):
        self.assertEqual(matrix.plan("7.3", ["churn", "proc", "bpf", "freezer", "deep"]),
                         "bpf:base+freezer+churn,iter:freezer,proc:base+freezer,deep:graph")

    def test_where_bpf_is_refused_iter_plays_what_the_probes_would(self):
        self.assertEqual(matrix.plan("5.10", ["bpf", "freezer", "churn"]),
                         "bpf:base,iter:freezer+churn,proc:freezer")

    def test_a_kernel_that_is_newer_has_to_do_all(self):
        self.assertEqual(set(matrix.expected("9.9").values()), {"pass"})
        self.assertEqual(matrix.expected("5.10")["bpf"], "refused")

    def test_where_time_is_short_newest_oldest_and_real_time_come_first(self):
        self.assertEqual(matrix.by_weight(["5.10", "6.1", "6.12-rt", "7.3", "7.3-rt", "7.10"]),
                         ["7.10", "5.10", "7.3-rt", "7.3", "6.12-rt", "6.1"])

    def test_a_refusal_is_told_from_a_failure(self):
        agent = made.section("agent", "bpf", **REFUSAL)
        self.assertEqual(matrix.outcome("7.3", "bpf", [agent]), ("refused", [REFUSAL["log"].strip()]))
        agent.parts["code"] = "1"
        self.assertEqual(matrix.outcome("7.3", "bpf", [agent])[0], "fail")
        graph = made.section("graph", "deep", **REFUSAL)
        self.assertEqual(matrix.outcome("7.3", "deep", [graph])[0], "refused")

    def test_a_column_of_several_sources_fails_with_any_of_them(self):
        self.assertEqual(matrix.outcome("7.3", "freezer", [made.section("agent", "bpf", **REFUSAL)]),
                         ("fail", [f"bpf: refused: {REFUSAL['log'].strip()}",
                                   "iter: was not played", "proc: was not played"]))

    def test_quotas_are_not_compared_where_the_kernel_does_not_say(self):
        section = made.section("quota", "bpf")
        self.assertEqual(matrix.compare_quotas({"6.1": [section], "6.12": [section]}), {"6.12": []})


if __name__ == "__main__":
    unittest.main()
