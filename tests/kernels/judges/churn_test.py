# SPDX-License-Identifier: Apache-2.0
# Goal: the judge of the storm names threads in wrong pools, losses that grow and losses kept quiet.
# Method: a section as a guest writes it, with one thing broken at a time.
import unittest

from judges import churn, made


def judged(pools: dict | None = None, before: dict | None = None, after: dict | None = None,
           skipped: str = ""):
    found = {"storm": 1, "maker-*": 6, "keep-*": 1000} | (pools or {})
    reading = made.reading([made.pool("storm", pool, threads) for pool, threads in found.items()])
    quiet = {"threads_without_slot": 5, "recursion": 3}
    return churn.judge(made.section(
        "churn", first=reading, told="kept maker-* 6\nkept keep-* 1000\n", skipped=skipped,
        losses_first=made.losses(**quiet | (before or {})),
        losses_second=made.losses(**quiet | (after or {}))))


class ChurnTest(unittest.TestCase):
    def test_what_is_right_passes(self):
        self.assertEqual(judged(skipped="1\n0\n2\n"), [])

    def test_threads_in_a_wrong_pool_are_named(self):
        self.assertEqual(judged({"keep-*": 990, "young-*": 10}),
                         ["keep-*: 990 threads of 1000", "young-*: 10 threads of 0"])
        self.assertEqual(judged({"maker-*": 7}), ["maker-*: 7 threads of 6"])

    def test_a_thread_without_slot_is_named(self):
        self.assertEqual(judged(after={"threads_without_slot": 9}), ["threads_without_slot: 4 more"])

    def test_a_loss_that_is_not_exported_is_named(self):
        self.assertEqual(judged(skipped="4\n"), ["the kernel skipped 4 runs, exported are 3"])

    def test_an_agent_that_says_nothing_fails(self):
        self.assertRegex(churn.judge(made.section("churn"))[0], "no reading")


if __name__ == "__main__":
    unittest.main()
