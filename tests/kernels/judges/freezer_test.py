# SPDX-License-Identifier: Apache-2.0
# Goal: the judge of held threads names each that is anything but stopped.
# Method: a section as a guest writes it, with one pool changed at a time.
import unittest

from judges import freezer, made


def judged(process: str = "", pool: str = "", waits: dict | None = None, on_cpu: float = 0.0,
           held: str = "frozen chilled halted traced", freezers: str = "v1\nv2",
           holder: str | None = None):
    readings = []
    for time in (0.0, 4.0):
        pools = []
        for each in held.split():
            for name in freezer.POOLS:
                here = (each, name) == (process, pool)
                share = waits if here and waits is not None else {"stopped": 1.0}
                by = holder if here and holder is not None else freezer.HOLDER[each]
                pools.append(made.pool(each, name, 1, 1 + (on_cpu * time if here else 0),
                                       {"network": 1.0, "stopped": 0.0} |
                                       {reason: part * time for reason, part in share.items()},
                                       by))
        readings.append(made.reading(pools, time))
    return freezer.judge(made.section("freezer", held=held, freezers=freezers, first=readings[0], second=readings[1]))


class FreezerTest(unittest.TestCase):
    def test_what_is_right_passes(self):
        self.assertEqual(judged(), [])
        self.assertEqual(judged(held="frozen halted traced", freezers="v2"), [])

    def test_what_is_not_stopped_is_named(self):
        self.assertEqual(judged("frozen", "spin", {"page_fault": 1.0}),
                         ["frozen spin: 0.000 s of 4.000 s are stopped, most are page_fault"])
        self.assertRegex(judged("traced", "lock", {"stopped": 0.9, "lock": 0.1})[0], "traced lock")
        self.assertRegex(judged("halted", "spin", {}, on_cpu=1.0)[0], "halted spin: 0.000 s of 4.000 s")

    def test_a_clock_that_stands_still_is_named(self):
        self.assertRegex(judged("chilled", "receive", {"stopped": 0.1})[0], "chilled receive")

    def test_another_holder_is_named(self):
        self.assertEqual(judged("traced", "lock", holder="signal"),
                         ["traced lock: held by signal, not by tracer"])
        self.assertEqual(judged("frozen", "spin", holder=""),
                         ["frozen spin: held by nothing, not by freezer"])

    def test_a_process_that_is_missing_is_named(self):
        self.assertEqual(judged(held="frozen halted chilled"), ["traced: was not started"])
        self.assertEqual(judged(held="frozen halted traced"), ["chilled: was not started"])
        self.assertRegex(freezer.judge(made.section("freezer"))[0], "no reading")


if __name__ == "__main__":
    unittest.main()
