# SPDX-License-Identifier: Apache-2.0
# Goal: the judge of a CPU that goes and comes back names what is lost and what is counted wrong.
# Method: a section as a guest writes it, with one thing broken at a time.
import unittest

from judges import base, hotplug, made


def judged(cpus: str = "0\n0-1\n0\n0-1\n", after: dict | None = None, **spin: float):
    readings = []
    for time in (10.0, 18.0):
        pools = [made.pool("workload", name, 2, 0.0, {reason: 2 * time})
                 for name, reason in base.REASONS.items()]
        shares = {"on_cpu": 1.0, "self": 1.0} | (spin if time > 10 else {})
        pools.append(made.pool("workload", "spin-*", 2, shares["on_cpu"] * time,
                               self=shares["self"] * time))
        readings.append(made.reading(pools, time))
    quiet = {"switch": 1, "unknown_call": 4}
    return hotplug.judge(made.section(
        "hotplug", first=readings[0], second=readings[1], cpus=cpus,
        losses_first=made.losses(**quiet), losses_second=made.losses(**quiet | (after or {}))))


class HotplugTest(unittest.TestCase):
    def test_what_is_right_passes(self):
        self.assertEqual(judged(), [])
        self.assertEqual(judged(after={"unknown_call": 9}), [])

    def test_a_cpu_that_stayed_proves_nothing(self):
        self.assertEqual(judged("0-1\n0-1\n0-1\n0-1\n"), ["CPUs online were 0-1, 0-1, 0-1, 0-1"])

    def test_what_is_lost_is_named(self):
        self.assertEqual(judged(after={"switch": 3}), ["switch: 2 more"])

    def test_some_switches_of_the_kernel_itself_are_not_seen(self):
        self.assertEqual(judged(after={"resync": 4}), [])
        self.assertEqual(judged(after={"resync": 5}), ["resync: 5 more"])

    def test_the_clocks_of_a_guest_may_disagree_now_and_then(self):
        self.assertEqual(judged(after={"clock": 4}), [])
        self.assertEqual(judged(after={"clock": 5}), ["clock: 5 more"])

    def test_time_that_is_missing_is_named(self):
        self.assertRegex(judged(on_cpu=0.8)[0], "spin-.*accounted for")

    def test_more_time_than_there_were_cpus_is_named(self):
        self.assertRegex(judged(on_cpu=3.0)[-1], "44.000 s on CPU in 10.000 s")

    def test_an_agent_that_died_fails(self):
        self.assertRegex(hotplug.judge(made.section("hotplug", first=made.reading([])))[0], "no reading")


if __name__ == "__main__":
    unittest.main()
