# SPDX-License-Identifier: Apache-2.0
# Goal: the judge of the storm names threads in wrong pools, losses that grow, losses kept quiet and a
# storm that skipped nothing.
# Method: a section as a guest writes it, with one thing broken at a time.
import unittest

from judges import churn, made

QUIET = {"threads_without_slot": 5, "recursion": 3}


def section(pools: dict | None = None, after: dict | None = None, skipped: str = "",
            version=(7, 3), source: str = "bpf"):
    found = {"storm": 1, "maker-*": 6, "keep-*": 1000} | (pools or {})
    reading = made.reading([made.pool("storm", pool, threads) for pool, threads in found.items()])
    of_storm = made.section(
        "churn", source, first=reading, told="kept maker-* 6\nkept keep-* 1000\n", skipped=skipped,
        losses_before=made.losses(**QUIET),
        losses_second=made.losses(**QUIET | {"recursion": 13} | (after or {})))
    of_storm.version = version
    return of_storm


def judged(*arguments, **options):
    return churn.judge(section(*arguments, **options))


class ChurnTest(unittest.TestCase):
    def test_what_is_right_passes(self):
        self.assertEqual(judged(skipped="10\n0\n3\n"), [])

    def test_threads_in_a_wrong_pool_are_named(self):
        self.assertEqual(judged({"keep-*": 990, "young-*": 10}),
                         ["keep-*: 990 threads of 1000", "young-*: 10 threads of 0"])
        self.assertEqual(judged({"maker-*": 7}), ["maker-*: 7 threads of 6"])

    def test_what_is_lost_within_the_storm_is_named(self):
        self.assertEqual(judged(after={"threads_without_slot": 9}), ["threads_without_slot: 4 more"])
        self.assertEqual(judged(after={"slot_leak": 1}), ["slot_leak: 1 more"])

    def test_storage_may_be_late_where_programs_can_be_preempted(self):
        self.assertEqual(judged(after={"thread_storage": 10}), [])
        self.assertEqual(judged(after={"thread_storage": 11}), ["thread_storage: 11 more"])
        self.assertEqual(judged(after={"thread_storage": 1}, version=(6, 12)),
                         ["thread_storage: 1 more"])

    def test_a_loss_that_is_not_exported_is_named(self):
        self.assertEqual(judged(skipped="14\n"), ["the kernel skipped 14 runs, exported are 13"])

    def test_a_storm_that_skipped_nothing_proves_nothing(self):
        self.assertEqual(judged(after={"recursion": 3}),
                         ["not provoked: the storm made the kernel skip no run"])

    def test_where_none_can_be_skipped_the_row_says_so(self):
        for made_by in ({"version": (6, 12)}, {"source": "iter"}):
            calm = section(after={"recursion": 3}, **made_by)
            self.assertEqual(churn.judge(calm), [])
            self.assertRegex(churn.figures(calm), "^not provoked")

    def test_what_was_skipped_and_lost_is_shown(self):
        self.assertEqual(churn.figures(section(after={"switch": 7})),
                         "skipped runs: 10; no storage at first: 0; switches of threads without a slot: 7")

    def test_an_agent_that_says_nothing_fails(self):
        self.assertRegex(churn.judge(made.section("churn"))[0], "no reading")
        self.assertEqual(churn.judge_losses(made.section("churn")), ["no losses are exported"])


if __name__ == "__main__":
    unittest.main()
