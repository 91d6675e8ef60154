#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: docs/report.schema.json says what a report is: no field more, none less, none otherwise.

Method: reports as the agent prints them, one with every field set, against the schema; and the same
reports with each field spoilt, to see that the schema refuses them.

Usage: report_schema_test.py SCHEMA PRINT_REPORTS. Exits with 77 without python3-jsonschema.
"""
import copy
import json
import subprocess
import sys
import unittest

try:
    import jsonschema
except ImportError:
    print("skipped: no python3-jsonschema")
    sys.exit(77)

BYTES_MAX = 8192
SCHEMA, REPORTS = {}, []


def strict(schema):
    """The same, but that no other fields are allowed."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    closed = {key: strict(value) for key, value in schema.items()}
    if "properties" in closed and closed.get("type") == "object":
        closed["additionalProperties"] = False
    return closed


def paths(value, path=()):
    """Of each field and item."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in items:
        yield path + (key,)
        yield from paths(one, path + (key,))


def at(value, path):
    for key in path:
        value = value[key]
    return value


class ReportSchemaTest(unittest.TestCase):
    def test_it_is_a_schema(self):
        jsonschema.Draft202012Validator.check_schema(SCHEMA)

    def test_reports_keep_to_it_and_to_8_kb(self):
        self.assertEqual(len(REPORTS), 3)
        for line in REPORTS:
            self.assertLessEqual(len(line.encode()) + 1, BYTES_MAX)
            errors = list(self.validator().iter_errors(json.loads(line)))
            self.assertEqual([error.message for error in errors], [])

    def test_a_report_that_lacks_a_field_is_refused_but_for_the_longest_wait(self):
        full = self.full()
        for path in paths(full):
            if isinstance(path[-1], int) or path[-1] == "longest_wait":
                continue
            spoilt = copy.deepcopy(full)
            del at(spoilt, path[:-1])[path[-1]]
            self.assertFalse(self.validator().is_valid(spoilt), path)

    def test_a_field_of_another_kind_is_refused(self):
        full = self.full()
        for path in paths(full):
            spoilt = copy.deepcopy(full)
            at(spoilt, path[:-1])[path[-1]] = None
            self.assertFalse(self.validator().is_valid(spoilt), path)

    @staticmethod
    def validator():
        return jsonschema.Draft202012Validator(strict(SCHEMA))

    @staticmethod
    def full():
        return json.loads(REPORTS[0])


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as file:
        SCHEMA = json.load(file)
    REPORTS = subprocess.run([sys.argv[2]], check=True, capture_output=True,
                             text=True).stdout.splitlines()
    unittest.main(argv=[sys.argv[0], *sys.argv[3:]])
