# SPDX-License-Identifier: Apache-2.0
# Goal: the judge of quotas passes what the clocks allow and names what they do not.
# Method: a section as a guest writes it, with one figure changed at a time.
import unittest

from judges import made, quota

# Of 40 s of eight threads, 32 were on the run queue; held back were 4 s on each of two CPUs.
TOLD = "wall 40.0 cpu 2.0 slept 1.0 queued 36.0\n"
STAT = "usage_usec 2000000\nnr_throttled 50\nthrottled_usec 8000000\n"


def section(throttled: float = 30.0, unattributed: float = 0.0, threads: int = 8, stat: str = STAT,
            held: float = 2.8, source: str = "bpf"):
    parts = {}
    for case in quota.CASES:
        pool = made.pool("bursts", "burst-*", threads, 2.0, throttled=throttled,
                         unattributed=unattributed, self=36.0 - throttled - unattributed)
        parts |= {f"pools {case}": made.reading([pool]), f"told {case}": TOLD, f"stat {case}": stat}
    pool = made.pool("deadline", "deadline", 1, 0.15, throttled=held)
    parts |= {"pools deadline": made.reading([pool]), "told deadline": "wall 3.0 cpu 0.15\n"}
    return made.section("quota", source, **parts)


class QuotaTest(unittest.TestCase):
    def test_what_is_right_passes(self):
        self.assertEqual(quota.judge(section()), [])
        self.assertAlmostEqual(quota.share(section(), "parent"), 30 / 36)

    def test_both_versions_of_cpu_stat_are_read(self):
        self.assertEqual(quota.judge(section(stat="throttled_time 8000000000\n")), [])

    def test_more_than_cpu_stat_or_the_clocks_allow_is_named(self):
        self.assertRegex(quota.judge(section(34.0))[0], "v2: 34.000 s throttled, 32.000 s .*cpu.stat")
        plenty = "throttled_usec 20000000\n"
        self.assertEqual(quota.judge(section(36.0, stat=plenty)), [])
        self.assertRegex(quota.judge(section(38.0, stat=plenty))[0], "37.000 s at most by their own")

    def test_an_estimate_may_be_somewhat_off(self):
        self.assertEqual(quota.judge(section(35.0, source="iter"), exact=False), [])
        self.assertRegex(quota.judge(section(37.0, source="iter"), exact=False)[0], "v2: 37.000 s")

    def test_a_group_that_nothing_held_back_proves_nothing(self):
        self.assertRegex(quota.judge(section(stat="throttled_usec 0\n"))[0], "v2: 8 threads, .*0.000 s")
        self.assertRegex(quota.judge(section(threads=7))[0], "v2: 7 threads")

    def test_where_the_kernel_does_not_say_throttled_and_unattributed_cover_cpu_stat(self):
        self.assertEqual(quota.judge(section(3.0, 6.0), exact=False), [])
        self.assertRegex(quota.judge(section(3.0, 4.0), exact=False)[0], "7.000 s .* of 8.000 s")

    def test_a_deadline_that_is_not_throttled_is_named(self):
        self.assertRegex(quota.judge(section(held=2.0))[0], "deadline: 2.000 s throttled of 2.850 s")
        self.assertRegex(quota.judge(section(held=3.2))[0], "deadline: 3.200 s")
        self.assertEqual(quota.judge(section(held=0.0, source="iter"), exact=False), [])

    def test_shares_are_compared_with_those_of_the_newest_kernel(self):
        self.assertEqual(quota.compare(section(30.0), section(31.0)), [])
        self.assertRegex(quota.compare(section(9.0), section(31.0))[0], "v2: 25% .* 86% on 7.3")
        self.assertEqual(quota.compare(section(36.0 * 0.85), None), [])
        self.assertEqual(len(quota.compare(section(9.0), None)), len(quota.CASES))
        newest = section(9.0)
        self.assertEqual(len(quota.compare(newest, newest)), len(quota.CASES))

    def test_an_agent_that_says_nothing_fails(self):
        self.assertEqual(len(quota.judge(made.section("quota"))), len(quota.CASES) + 1)


if __name__ == "__main__":
    unittest.main()
