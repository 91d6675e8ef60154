#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Goal: the judge of the kernel matrix passes what is right and names what is wrong.
# Method: consoles as guests write them, with one thing broken at a time.
import json
import unittest

from verdict import REASONS, WAKERS, Attempt, is_refusal, judge, judge_graph, parse

PEER = "127.0.0.1:43210"


def pool(name: str, time: float, **changes):
    reason = REASONS.get(name)
    shares = {"blocked": 2.0 if reason else 0.0, "on_cpu": 0.0 if reason else 1.0,
              "queued": 0.0 if reason else 1.0}
    shares |= {key: value for key, value in changes.items() if key in shares}
    waits = [{"reason": changes.get("reason", reason),
              "seconds_total": shares["blocked"] * time}] if reason else []
    return {"process": "workload", "pool": name, "threads": changes.get("threads", 2), "waits": waits,
            "peers": changes.get("peers", [{"address": PEER}]),
            "on_cpu_seconds": shares["on_cpu"] * time,
            "run_queue": {"self_seconds": shares["queued"] * time, "neighbour_seconds": 0.0}}


def console(source: str, broken: dict | None = None) -> str:
    text = "[    0.0] Linux\n@@ kernel\n6.1.0\n@@ workload\n" + PEER + "\n@@ source\r\n" + source + "\r\n"
    for name, time in (("first", 10.0), ("second", 20.0)):
        pools = [pool(each, time, **(broken or {}).get(each, {})) for each in [*REASONS, "spin-*"]]
        text += f"@@ {name}\n" + json.dumps(
            {"uptime_seconds": time, "source": "bpf", "pools": pools}) + "\n\n"
    return text + "@@ code\n143\n@@ log\ninfo: up\n@@ end\n"


def wrong(broken: dict | None = None, source: str = "bpf"):
    return judge(parse(console(source, broken))[1][0], PEER)


def graph(wakers: dict | None = None, target: str = PEER) -> Attempt:
    edges = [{"woken": {"process": "workload", "pool": pool}, "reason": REASONS[pool], "seconds": 2.0,
              "waker": waker if waker == "interrupt" else {"pool": waker}, "target": target}
             for pool, waker in (WAKERS | (wakers or {})).items()]
    return Attempt("deep", {"graph": json.dumps({"edges": edges}) + "\n", "code": "0\n"})


class Verdict(unittest.TestCase):
    def test_the_console_is_taken_apart(self):
        head, attempts = parse(console("bpf"))
        self.assertEqual(head["kernel"].strip(), "6.1.0")
        self.assertEqual([attempt.source for attempt in attempts], ["bpf"])
        self.assertEqual(attempts[0].parts["code"].strip(), "143")

    def test_what_is_right_passes(self):
        self.assertEqual(wrong(), [])

    def test_a_wrong_reason_is_named(self):
        self.assertIn("lock-*: 0.000 s of 20.000 s are lock",
                      wrong({"lock-*": {"reason": "condition"}}))

    def test_time_that_is_missing_is_named(self):
        self.assertRegex(wrong({"ipc-*": {"blocked": 1.7}})[0], "ipc-.*accounted for")

    def test_a_graph_passes_and_a_wrong_waker_or_peer_is_named(self):
        self.assertEqual(judge_graph(graph(), PEER), [])
        self.assertRegex(judge_graph(graph({"sleep-*": "spin-*"}), PEER)[0], "sleep-.*by interrupt 0")
        self.assertRegex(judge_graph(graph({"poll-*": "interrupt"}), PEER)[0], "poll-.*by workload 0")
        self.assertRegex(judge_graph(graph(target=""), PEER)[0], "no peer")
        self.assertRegex(judge_graph(Attempt("deep", {"code": "3"}), PEER)[0], "no graph: code 3")

    def test_a_clock_that_stands_still_is_named(self):
        self.assertRegex(wrong({"signal-*": {"blocked": 0.5}})[0], "signal-.*passed in")

    def test_a_peer_a_thread_or_a_source_that_is_missing_is_named(self):
        self.assertRegex(wrong({"network-*": {"peers": []}})[0], "no peer")
        self.assertRegex(wrong({"poll-*": {"threads": 1}})[0], "1 threads")
        self.assertRegex(wrong(source="proc")[0], "measured by bpf")

    def test_an_agent_that_did_not_come_up_fails(self):
        _, attempts = parse("@@ source\nproc\n@@ code\n3\n@@ log\nloadline: no\n")
        self.assertRegex(judge(attempts[0], PEER)[0], "code 3, loadline: no")

    def test_a_refusal_is_one_line_and_the_code_for_it(self):
        for code, log, refused in [("3", "loadline: why\n", True), ("4", "loadline: why\n", False),
                                   ("3", "loadline: a\nloadline: b\n", False), ("3", "", False)]:
            _, attempts = parse(f"@@ source\nbpf\n@@ code\n{code}\n@@ log\n{log}@@ end\n")
            self.assertEqual(is_refusal(attempts[0]), refused, (code, log))


if __name__ == "__main__":
    unittest.main()
