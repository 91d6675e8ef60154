#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Says tier by tier what ctest ran, and names every skipped test with its reason."""
import collections
import json
import pathlib
import re
import subprocess
import sys
import xml.etree.ElementTree as ET

TIERS = ("unit", "arch", "contract", "scenario", "consumer", "bpf", "e2e", "fuzz")


def tiers(preset: str) -> dict[str, str]:
    """Test name -> tier. ctest's report has no labels before CMake 3.27."""
    listed = subprocess.run(["ctest", "--preset", preset, "--show-only=json-v1"],
                            capture_output=True, text=True, check=True).stdout
    found = {}
    for test in json.loads(listed)["tests"]:
        labels = [label for entry in test.get("properties", []) if entry["name"] == "LABELS"
                  for label in entry["value"]]
        found[test["name"]] = next((tier for tier in TIERS if tier in labels), "unlabelled")
    return found


def skip_reason(case: ET.Element) -> str:
    """The last line that says so: "skipped: ..." by convention, else what GoogleTest printed."""
    text = case.findtext("system-out") or ""
    said = re.findall(r"(?i)\bskip(?:ped)?: *(.+)", text)
    if said:
        return said[-1].strip()
    lines = [line.strip() for line in text.splitlines()]
    after = [lines[i + 1] for i, line in enumerate(lines[:-1]) if line.endswith("Skipped")]
    return after[-1] if after else "no reason given"


def main(preset: str, report: str) -> int:
    counts = collections.defaultdict(collections.Counter)
    skipped = []
    tier_of = tiers(preset)
    for case in ET.parse(pathlib.Path(report)).getroot().iter("testcase"):
        status = {"run": "passed", "fail": "failed"}.get(case.get("status"), "skipped")
        tier = tier_of[case.get("name")]
        counts[tier][status] += 1
        if status == "skipped":
            skipped.append((tier, case.get("name"), skip_reason(case)))
    print(f"\nTiers of {preset}:")
    for tier in sorted(counts, key=lambda t: (TIERS + ("unlabelled",)).index(t)):
        row = counts[tier]
        print(f"  {tier:10} {row['passed']:4} passed {row['failed']:4} failed "
              f"{row['skipped']:4} skipped")
    for tier, name, reason in skipped:
        print(f"  skipped: {tier} {name}: {reason}")
    return 1 if any(reason == "no reason given" for *_, reason in skipped) else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
