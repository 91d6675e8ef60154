# SPDX-License-Identifier: Apache-2.0
# Goal: the judge of known waits names each that is booked elsewhere, is missing or was too short.
# Method: a section as a guest writes it, with one wait changed at a time.
import unittest

from judges import made, reasons

KNOWN = {"recv_ipv4": "network", "recv_ipv6": "network", "poll_then_recv": "network",
         "flock": "file_lock"} | {f"kind{chr(97 + i % 26)}{chr(97 + i // 26)}": "lock"
                                  for i in range(reasons.KINDS_MIN)}


def judged(changes: dict | None = None, told: dict | None = None, cannot_know: tuple = (),
           end: str = "end\n", left_out: int = 0, oldest: dict | None = None):
    waits = {name.replace("4", "*").replace("6", "*"): {reason: 1.0} for name, reason in KNOWN.items()}
    pools = [made.pool("waits", name, 1, 0.1, each)
             for name, each in (waits | (changes or {})).items() if each is not None]
    for pool in pools:
        pool["waits"][0]["oldest_seconds"] = (oldest or {}).get(pool["pool"], 0.8)
    lines = "".join(f"{name} {reason}\n" for name, reason in (told or KNOWN).items())
    return reasons.judge(made.section("reasons", told=lines + end,
                                      second=made.reading(pools, cannot_know=list(cannot_know)),
                                      losses=made.losses(recursion=left_out)))


class ReasonsTest(unittest.TestCase):
    def test_what_is_right_passes(self):
        self.assertEqual(judged(), [])

    def test_a_wait_that_is_booked_elsewhere_is_named(self):
        self.assertEqual(judged({"flock": {"file_lock": 0.9, "disk": 0.1}}),
                         ["flock: 0.900 s of 1.000 s are file_lock (file_lock 0.900, disk 0.100)"])

    def test_a_source_that_cannot_know_of_polls_may_say_poll(self):
        change = {"poll_then_recv": {"poll": 1.0}}
        self.assertRegex(judged(change)[0], "poll_then_recv")
        self.assertEqual(judged(change, cannot_know=("polls_of_few_sockets",)), [])

    def test_a_poll_of_a_thread_whose_beginning_was_left_out_may_be_called_poll(self):
        change, unseen = {"poll_then_recv": {"poll": 1.0}}, {"poll_then_recv": 1.0}
        self.assertEqual(judged(change, left_out=1, oldest=unseen), [])
        self.assertRegex(judged(change, oldest=unseen)[0], "poll_then_recv")
        self.assertRegex(judged(change, left_out=1)[0], "poll_then_recv")
        self.assertRegex(judged({"flock": {"poll": 1.0}}, left_out=1, oldest={"flock": 1.0})[0],
                         "flock")

    def test_a_source_that_samples_may_miss_some(self):
        change = {"flock": {"file_lock": 0.8, "other": 0.2}}
        self.assertRegex(judged(change)[0], "flock")
        self.assertEqual(judged(change, cannot_know=("waits_between_readings",)), [])
        change = {"flock": {"file_lock": 0.6, "other": 0.4}}
        self.assertRegex(judged(change, cannot_know=("waits_between_readings",))[0], "flock")

    def test_a_wait_that_is_missing_or_too_short_is_named(self):
        self.assertEqual(judged({"flock": None}), ["flock: not there"])
        self.assertRegex(judged({"flock": {"file_lock": 0.1}})[0], "flock: 0.100 s")

    def test_a_program_that_did_not_play_all_is_named(self):
        self.assertEqual(judged(told={"flock": "file_lock"}), ["1 waits were played"])
        self.assertRegex(judged(end="")[0], "waits were played")
        self.assertRegex(reasons.judge(made.section("reasons"))[0], "no reading")


if __name__ == "__main__":
    unittest.main()
