# SPDX-License-Identifier: Apache-2.0
# Goal: the judge of held threads names each that is anything but stopped.
# Method: a section as a guest writes it, with one pool changed at a time.
import unittest

from judges import freezer, made


def judged(process: str = "", pool: str = "", waits: dict | None = None, on_cpu: float = 0.0,
           held: str = "frozen chilled halted traced"):
    readings = []
    for time in (0.0, 4.0):
        pools = []
        for each in held.split():
            for name in freezer.POOLS:
                here = (each, name) == (process, pool)
                share = waits if here and waits is not None else {"stopped": 1.0}
                pools.append(made.pool(each, name, 1, 1 + (on_cpu * time if here else 0),
                                       {"network": 1.0} | {reason: part * time
                                                           for reason, part in share.items()}))
        readings.append(made.reading(pools, time))
    return freezer.judge(made.section("freezer", held=held, first=readings[0], second=readings[1]))


class FreezerTest(unittest.TestCase):
    def test_what_is_right_passes(self):
        self.assertEqual(judged(), [])
        self.assertEqual(judged(held="frozen halted traced"), [])

    def test_what_is_not_stopped_is_named(self):
        self.assertEqual(judged("frozen", "spin", {"page_fault": 1.0}),
                         ["frozen spin: 0.000 s of 4.000 s are stopped, most are page_fault"])
        self.assertRegex(judged("traced", "lock", {"stopped": 0.9, "lock": 0.1})[0], "traced lock")
        self.assertRegex(judged("halted", "spin", {}, on_cpu=1.0)[0], "halted spin: 0.000 s of 4.000 s")

    def test_a_clock_that_stands_still_is_named(self):
        self.assertRegex(judged("chilled", "receive", {"stopped": 0.1})[0], "chilled receive")

    def test_a_process_that_is_missing_is_named(self):
        self.assertEqual(judged(held="frozen halted"), ["traced: was not started"])
        self.assertRegex(freezer.judge(made.section("freezer"))[0], "no reading")


if __name__ == "__main__":
    unittest.main()
