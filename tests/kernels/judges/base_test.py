# SPDX-License-Identifier: Apache-2.0
# Goal: the judges of /workload's pools and of its graph pass what is right and name what is wrong.
# Method: consoles as guests write them, with one thing broken at a time.
import json
import unittest

from judges import base, graph, made
from judges.console import is_refusal, parse

PEER = "127.0.0.1:43210"


def pool(name: str, time: float, **changes):
    reason = base.REASONS.get(name)
    shares = {"blocked": 2.0 if reason else 0.0, "on_cpu": 0.0 if reason else 1.0,
              "queued": 0.0 if reason else 1.0}
    shares |= {key: value for key, value in changes.items() if key in shares}
    waits = {changes.get("reason", reason): shares["blocked"] * time} if reason else {}
    made_pool = made.pool("workload", name, changes.get("threads", 2), shares["on_cpu"] * time, waits,
                          self=shares["queued"] * time)
    return made_pool | {"peers": changes.get("peers", [{"address": PEER}])}


def console(source: str, broken: dict | None = None) -> str:
    text = f"[    0.0] Linux\n@@ kernel\n6.1.0\n@@ section\r\nbase {source}\r\n@@ peer\n{PEER}\n"
    for name, time in (("first", 10.0), ("second", 20.0)):
        pools = [pool(each, time, **(broken or {}).get(each, {}))
                 for each in [*base.REASONS, base.SPIN]]
        text += f"@@ {name}\n## waiting\n{made.reading(pools, time)}\n"
    return text + f"@@ section\nagent {source}\n@@ code\n143\n@@ log\ninfo: up\n@@ end\n"


def wrong(broken: dict | None = None, source: str = "bpf"):
    return base.judge(parse(console(source, broken))[1][0])


def graph_section(wakers: dict | None = None, target: str = PEER):
    edges = [{"woken": {"process": "workload", "pool": pool}, "reason": base.REASONS[pool],
              "seconds": 2.0, "waker": waker if waker == "interrupt" else {"pool": waker},
              "target": target}
             for pool, waker in (graph.WAKERS | (wakers or {})).items()]
    return made.section("graph", "deep", peer=PEER, code="0\n",
                        graph=json.dumps({"edges": edges}) + "\n")


class BaseTest(unittest.TestCase):
    def test_the_console_is_taken_apart(self):
        head, sections = parse(console("bpf"))
        self.assertEqual(head["kernel"].strip(), "6.1.0")
        self.assertEqual([(each.scenario, each.source) for each in sections],
                         [("base", "bpf"), ("agent", "bpf")])
        self.assertEqual(sections[1].text("code"), "143")

    def test_what_is_right_passes(self):
        self.assertEqual(wrong(), [])

    def test_a_wrong_reason_is_named(self):
        self.assertIn("lock-*: 0.000 s of 20.000 s are lock",
                      wrong({"lock-*": {"reason": "condition"}}))

    def test_a_real_time_kernel_locks_on_the_way_into_a_wait(self):
        def judged(real_time, **waits):
            return base.in_class(made.pool("workload", "poll-*", waits=waits), "poll", real_time)
        self.assertEqual(judged(True, poll=1.95, kernel_lock=0.05), (2.0, 2.0))
        self.assertEqual(judged(False, poll=1.95, kernel_lock=0.05), (1.95, 2.0))
        self.assertLess(judged(True, kernel_lock=2.0)[0], 0.3)
        section = parse("@@ kernel\n7.3.4-rt-amd64\n@@ section\nbase bpf\n")[1][0]
        self.assertTrue(section.real_time)
        self.assertEqual(section.version, (7, 3))
        self.assertEqual(parse("@@ section\nbase bpf\n")[1][0].version, ())

    def test_time_that_is_missing_is_named(self):
        self.assertRegex(wrong({"ipc-*": {"blocked": 1.7}})[0], "ipc-.*accounted for")

    def test_a_graph_passes_and_a_wrong_waker_or_peer_is_named(self):
        def judged(*words, **more):
            return graph.judge(graph_section(*words, **more))
        self.assertEqual(judged(), [])
        self.assertRegex(judged({"sleep-*": "spin-*"})[0], "sleep-.*by interrupt 0")
        self.assertRegex(judged({"poll-*": "interrupt"})[0], "poll-.*by workload 0")
        self.assertRegex(judged(target="")[0], "no peer")
        real_time = graph_section({"sleep-*": "ktimers/*"})
        self.assertRegex(graph.judge(real_time)[0], "sleep-.*by interrupt 0")
        real_time.real_time = True
        self.assertEqual(graph.judge(real_time), [])
        self.assertRegex(graph.judge(made.section("graph", "deep", code="3"))[0], "no graph: code 3")

    def test_a_clock_that_stands_still_is_named(self):
        self.assertRegex(wrong({"signal-*": {"blocked": 0.5}})[0], "signal-.*passed in")

    def test_a_peer_a_thread_or_a_source_that_is_missing_is_named(self):
        self.assertRegex(wrong({"network-*": {"peers": []}})[0], "no peer")
        self.assertRegex(wrong({"poll-*": {"threads": 1}})[0], "1 threads")
        self.assertRegex(wrong(source="proc")[0], "measured by bpf")

    def test_two_spinners_wait_for_each_other(self):
        self.assertRegex(wrong({"spin-*": {"on_cpu": 0.1, "queued": 1.9}})[0], "1.000 s on CPU")
        self.assertRegex(wrong({"spin-*": {"on_cpu": 1.06, "queued": 0.94}})[0], "9.400 s of 9.400 s self")

    def test_an_agent_that_did_not_come_up_fails(self):
        self.assertRegex(base.judge(made.section("base", log="loadline: no\n"))[0], "loadline: no")

    def test_a_refusal_is_one_line_and_the_code_for_it(self):
        for code, log, refused in [("3", "loadline: why\n", True), ("4", "loadline: why\n", False),
                                   ("3", "loadline: a\nloadline: b\n", False), ("3", "", False)]:
            _, sections = parse(f"@@ section\nagent bpf\n@@ code\n{code}\n@@ log\n{log}@@ end\n")
            self.assertEqual(is_refusal(sections[0]), refused, (code, log))


if __name__ == "__main__":
    unittest.main()
