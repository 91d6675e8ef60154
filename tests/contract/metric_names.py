# SPDX-License-Identifier: Apache-2.0
"""Which metrics and labels a PromQL text uses, and which docs/METRICS.md has.

Not a parser: enough for the queries of our boards, rules and runbooks, which name their labels in
matchers, in `by (...)` and `on (...)`, and in legends.
"""
import pathlib
import re

# Put there by Prometheus, not by the agent.
TARGET_LABELS = {"instance", "job"}
# Made by Prometheus for every scrape.
SCRAPE_METRICS = {"up": set()}


def table(document: pathlib.Path) -> dict[str, set[str]]:
    """Name -> labels, of the generated table `| name | type | labels | meaning |`."""
    rows = re.findall(r"^\| `(loadline_\w+)` \| (\w+) \| ([^|]*)\|", document.read_text(),
                      re.MULTILINE)
    known = {}
    for name, kind, labels in rows:
        of_table = set(re.findall(r"`(\w+)`", labels))
        known[name] = of_table
        if kind == "histogram":
            known |= {name + "_sum": of_table, name + "_count": of_table,
                      name + "_bucket": of_table | {"le"}}
    return known


def metrics_in(query: str) -> list[tuple[str, set[str]]]:
    """Each use of a metric, with the labels of its matchers."""
    uses = re.findall(r"\b(loadline_\w+|up)\b\s*(\{[^}]*\})?", query)
    return [(name, set(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", re.sub(r'"[^"]*"', "", matchers))))
            for name, matchers in uses]


def grouping_in(query: str) -> set[str]:
    lists = re.findall(r"\b(?:by|on|without|ignoring)\s*\(([^)]*)\)", query)
    return {label.strip() for labels in lists for label in labels.split(",") if label.strip()}


def errors(query: str, known: dict[str, set[str]]) -> list[str]:
    """What `query` uses that does not exist."""
    known, found, reachable = known | SCRAPE_METRICS, [], set(TARGET_LABELS)
    for name, matchers in metrics_in(query):
        if name not in known:
            found.append(f"no metric {name}")
            continue
        reachable |= known[name]
        found += [f"{name} has no label {label}"
                  for label in sorted(matchers - known[name] - TARGET_LABELS)]
    if not found:
        found = [f"no label {label} to group by in {query}"
                 for label in sorted(grouping_in(query) - reachable)]
    return found
