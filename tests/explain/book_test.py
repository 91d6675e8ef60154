#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each case file says what is right and what would be harmful, and together they are as broad as promised."""
import dataclasses
import inspect
import unittest

import book
import schedule
from case import Case, Expect

GOOD = Case(seen="a", expect=Expect(("lock",), ("tight",), never=("idle",)))


class BookTest(unittest.TestCase):
    def test_all_cases(self):
        self.assertEqual([error for name, case in book.cases().items() for error in book.case_errors(name, case)], [])

    def test_the_suite_is_as_broad_as_promised(self):
        self.assertEqual(book.book_errors(book.cases()), [])

    def test_every_case_says_why_and_yields_once(self):
        for name, module in book.modules().items():
            self.assertTrue(module.__doc__, name)
            self.assertTrue(inspect.isgeneratorfunction(module.play), name)

    def test_errors_are_found(self):
        def errors(**changes):
            return book.case_errors("a", dataclasses.replace(GOOD, **changes))
        self.assertEqual(errors(), [])
        self.assertTrue(errors(expect=Expect(("locks",), ("tight",), never=("idle",))))
        self.assertTrue(errors(expect=Expect(("lock",), ("bad",), never=("idle",))))
        self.assertTrue(errors(expect=Expect(("lock",), ("tight",), never=("lock",))))
        self.assertTrue(errors(expect=Expect(("lock",), ("tight",))))
        self.assertTrue(errors(expect=Expect(("lock",), ("tight",), culprit="(", never=("idle",))))
        self.assertTrue(errors(kind="nothing"))
        self.assertTrue(errors(at_rest=True, waiting=2))
        self.assertTrue(book.case_errors("A b", GOOD))

    def test_breadth_is_checked(self):
        errors = book.book_errors({"a": GOOD})
        for word in ("lock: 1 cases", "quota: 0 cases", "at rest", "runtimes", "another release", "rename"):
            self.assertTrue(any(word in line for line in errors), word)


class ScheduleTest(unittest.TestCase):
    def test_tens_together_and_some_alone(self):
        cases = {f"c{at:02}": GOOD for at in range(23)}
        cases["z"] = cases["y"] = dataclasses.replace(GOOD, group="alone")
        cases["q"] = cases["r"] = dataclasses.replace(GOOD, group="quota")
        groups = schedule.groups(cases)
        self.assertEqual(sorted(name for group in groups for name in group), sorted(cases))
        self.assertLessEqual(max(map(len, groups)), schedule.AT_ONCE)
        for group in (["q", "r"], ["y"], ["z"]):
            self.assertIn(group, groups)
        self.assertEqual(len(groups), 6)


if __name__ == "__main__":
    unittest.main()
