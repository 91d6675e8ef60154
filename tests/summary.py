#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Says tier by tier what ctest ran, and names every skipped test with its reason."""
import collections
import pathlib
import re
import sys
import xml.etree.ElementTree as ET

TIERS = ("unit", "arch", "contract", "scenario", "consumer", "bpf", "e2e", "fuzz")


def tier_of(case: ET.Element) -> str:
    labels = [p.get("value", "") for p in case.iter("property")
              if p.get("name") == "cmake_labels"]
    words = set(re.split(r"[;,\s]+", " ".join(labels)))
    return next((tier for tier in TIERS if tier in words), "unlabelled")


def skip_reason(case: ET.Element) -> str:
    """The last line that says so: "SKIP: ..." by convention, else what GoogleTest printed."""
    text = case.findtext("system-out") or ""
    said = re.findall(r"SKIP(?:PED)?: *(.+)", text)
    if said:
        return said[-1].strip()
    lines = [line.strip() for line in text.splitlines()]
    after = [lines[i + 1] for i, line in enumerate(lines[:-1]) if line.endswith("Skipped")]
    return after[-1] if after else "no reason given"


def main(preset: str, report: str) -> int:
    counts = collections.defaultdict(collections.Counter)
    skipped = []
    for case in ET.parse(pathlib.Path(report)).getroot().iter("testcase"):
        status = {"run": "passed", "fail": "failed"}.get(case.get("status"), "skipped")
        counts[tier_of(case)][status] += 1
        if status == "skipped":
            skipped.append((tier_of(case), case.get("name"), skip_reason(case)))
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
