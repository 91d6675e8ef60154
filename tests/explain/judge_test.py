#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The judge is judged: a wrong cause counts as wrong, a forbidden word as harmful."""
import dataclasses
import unittest

import case as cases
import judge
import score
from case import Case, Expect
from judge import Said

PEER = "127.0.0.1:40001"
SLOW = Case(seen="", expect=cases.waits_for_peer(), waiting=20)
REST = Case(seen="", expect=cases.rest(), at_rest=True)


def said(*entries, pools=(), **names) -> Said:
    return Said(report={"version": 1, "entries": list(entries)}, pools=list(pools), names={"peer": PEER} | names)


def entry(cause: str, severity: str, culprit: str = "", *advice: str) -> dict:
    return {"cause": cause, "culprit": culprit, "severity": severity, "share": 0.9, "advice": list(advice)}


def cell(case: Case, one: Said, column: str = "quiet_after") -> judge.Cell:
    return judge.judge("a", case, column, one)


class JudgeTest(unittest.TestCase):
    def test_right(self):
        found = cell(SLOW, said(entry("dependency", "exhausted", f"{PEER} (orders-db)", f"Look at {PEER}.")))
        self.assertTrue(found.right_cause and found.right_culprit and found.right_severity and found.right)
        self.assertEqual(found.harmful, [])

    def test_wrong_cause_is_wrong(self):
        found = cell(SLOW, said(entry("unknown", "exhausted", PEER)))
        self.assertFalse(found.right_cause)
        self.assertFalse(found.right)
        self.assertEqual(found.harmful, [])

    def test_only_the_first_entry_counts(self):
        self.assertFalse(cell(SLOW, said(entry("sleep", "tight"), entry("dependency", "tight", PEER))).right)

    def test_wrong_culprit_is_wrong(self):
        found = cell(SLOW, said(entry("dependency", "exhausted", "127.0.0.1:40002")))
        self.assertTrue(found.right_cause)
        self.assertIs(found.right_culprit, False)
        self.assertFalse(found.right)

    def test_a_name_is_no_regular_expression(self):
        self.assertFalse(cell(SLOW, said(entry("dependency", "exhausted", "127x0x0x1:40001"))).right)

    def test_an_address_is_not_the_beginning_of_another(self):
        self.assertFalse(cell(SLOW, said(entry("dependency", "exhausted", PEER + "7"))).right)

    def test_severity_is_judged_by_itself(self):
        found = cell(SLOW, said(entry("dependency", "ample", PEER)))
        self.assertTrue(found.right_cause)
        self.assertFalse(found.right_severity)

    def test_a_forbidden_cause_is_harmful(self):
        self.assertTrue(cell(SLOW, said(entry("neighbour", "tight", "sh"))).harmful)
        self.assertTrue(cell(SLOW, said(entry("idle", "ample"))).harmful)

    def test_a_forbidden_cause_further_down_is_harmful_in_trouble_only(self):
        right = entry("dependency", "exhausted", PEER)
        self.assertTrue(cell(SLOW, said(right, entry("neighbour", "tight"))).harmful)
        self.assertFalse(cell(SLOW, said(right, entry("idle", "ample"))).harmful)

    def test_a_helper_that_loses_next_to_nothing_is_a_remark(self):
        right = entry("dependency", "exhausted", PEER)
        for lost, harmful in ((0.1, False), (0.9, True)):
            other = entry("neighbour", "exhausted") | {"pools": [{"threads": 1, "lost_threads": lost}]}
            self.assertIs(bool(cell(SLOW, said(right, other)).harmful), harmful)

    def test_forbidden_words_are_harmful_in_any_entry(self):
        right = entry("dependency", "exhausted", PEER)
        self.assertTrue(cell(SLOW, said(right, entry("cpu", "busy", "", "Move one of the two elsewhere."))).harmful)
        self.assertFalse(cell(SLOW, said(entry("dependency", "exhausted", PEER, "It is removed from the pool."))).harmful)

    def test_more_threads_by_name_and_not_by_denial(self):
        bad = cases.Case(seen="", expect=Expect(("quota",), ("exhausted",), never=("idle",), never_say=(cases.MORE_THREADS,)))
        self.assertTrue(cell(bad, said(entry("quota", "exhausted", "", "Add more threads."))).harmful)
        self.assertFalse(cell(bad, said(entry("quota", "exhausted", "", "More threads will not help."))).harmful)

    def test_nothing_printed_is_wrong(self):
        found = cell(SLOW, Said(problem="explain does not answer"))
        self.assertFalse(found.right)
        self.assertIs(found.right_culprit, False)
        self.assertFalse(cell(REST, Said(problem="explain does not answer")).right)

    def test_rest(self):
        self.assertTrue(cell(REST, said(entry("idle", "ample"))).right)
        self.assertTrue(cell(REST, said()).right)
        self.assertFalse(cell(REST, said(entry("idle", "exhausted"))).right)
        self.assertFalse(cell(REST, said(entry("lock", "ample"))).right)

    def test_trouble_at_rest_is_harmful_and_a_remark_is_not(self):
        self.assertTrue(cell(REST, said(entry("lock", "tight"))).harmful)
        self.assertTrue(cell(REST, said(entry("idle", "ample"), entry("event_loop", "stuck"))).harmful)
        self.assertFalse(cell(REST, said(entry("lock", "ample"))).harmful)

    def test_a_busy_host_may_have_its_own_answer(self):
        both = dataclasses.replace(SLOW, busy=Expect(("neighbour",), ("tight",), never=("idle",)))
        one = said(entry("neighbour", "tight", "sh"))
        self.assertTrue(cell(both, one, "busy_before").right)
        self.assertFalse(cell(both, one, "quiet_before").right)

    def test_an_unnamed_role_is_an_error_of_the_case(self):
        with self.assertRaises(KeyError):
            judge.fill("{holder}", {"peer": PEER})


class ScoreTest(unittest.TestCase):
    def test_figures(self):
        pools = [{"threads": 8, "idle": 6, "waiting": 2}, {"threads": 2, "idle": 2, "waiting": 0}]
        busy = [{"threads": 25, "idle": 5, "waiting": 15}]
        found = score.figures([
            cell(REST, said(entry("lock", "tight"), pools=pools)),
            cell(SLOW, said(entry("dependency", "exhausted", PEER), pools=busy)),
            cell(SLOW, Said(problem="not there")),
            cell(SLOW, said(entry("dependency", "exhausted", "nobody")), "busy_after")])
        self.assertEqual(found["quiet_after_cases"], 3)
        self.assertEqual(found["quiet_after_right_cause"], 0.3333)
        self.assertEqual(found["quiet_after_right_culprit"], 0.5)  # Rest has none to name.
        self.assertEqual((found["busy_after_right_cause"], found["busy_after_right_culprit"]), (1.0, 0.0))
        self.assertEqual(found["quiet_before_cases"], 0)
        self.assertEqual((found["harmful_advice"], found["not_played"]), (1, 1))
        self.assertEqual((found["idle_shown_idle"], found["waiting_shown_waiting"]), (0.8, 0.25))

    def test_falls_short(self):
        right = [cell(SLOW, said(entry("dependency", "exhausted", PEER)))]
        self.assertEqual(score.falls_short(score.figures(right), judge.COLUMNS), [])
        wrong = right + [cell(SLOW, said(entry("neighbour", "tight")))]
        self.assertEqual(len(score.falls_short(score.figures(wrong), judge.COLUMNS)), 2)

    def test_table_names_what_is_wrong(self):
        text = score.table([cell(SLOW, said(entry("neighbour", "tight", "sh")))], ["quiet_after"], {"a": "dependency"})
        self.assertIn("HARM neighbour, tight", text)


if __name__ == "__main__":
    unittest.main()
