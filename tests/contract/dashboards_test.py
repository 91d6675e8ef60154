#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: boards, alerts and runbooks fit together and use only metrics that exist.

Method: reads what the build made of them, and docs/METRICS.md; asks promtool about the rest.
Usage: dashboards_test.py ROOT BUILT, where BUILT is build/<preset>/dashboards.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

import metric_names

ROOT, BUILT = pathlib.Path(), pathlib.Path()
SKIP = 77


def board_panels() -> list[tuple[str, dict]]:
    return [(f"{path.name}: {panel['title']}", panel) for path in sorted(BUILT.glob("*.json"))
            for panel in json.loads(path.read_text())["panels"] if panel["type"] != "row"]


def alerts() -> list[dict]:
    """The built rules, as data: the same source, manifested as JSON."""
    made = subprocess.run(
        ["jsonnet", "-e", "(import 'mixin.libsonnet').prometheusAlerts"],
        cwd=ROOT / "dashboards", capture_output=True, text=True, check=True)
    return [rule for group in json.loads(made.stdout)["groups"] for rule in group["rules"]]


def runbook_headings() -> list[str]:
    return re.findall(r"^## (\w+)$", (ROOT / "dashboards/runbooks.md").read_text(), re.MULTILINE)


def losses() -> set[str]:
    """What the sources can lose: the label `what`."""
    bpf = (ROOT / "bpf/include/loadline_abi/host.h").read_text()
    proc = (ROOT / "agent/src/sampler/proc_source.cc").read_text()
    probes = (ROOT / "agent/src/kernel/bpf_source.cc").read_text()
    return (set(re.findall(r'X\(\w+, "(\w+)"\)', bpf)) | set(re.findall(r'\.what = "(\w+)"', probes))
            | set(re.findall(r'\{"(\w+)", losses_', proc)))


def features() -> set[str]:
    """What may be left out: the label `feature`."""
    text = (ROOT / "agent/src/sampler/detail.h").read_text()
    return set(re.findall(r'"([a-z]+)"', text))


def words_of(header: str) -> set[str]:
    """The label values that an enum's header gives names to."""
    text = (ROOT / "controller/include/loadline" / header).read_text()
    return set(re.findall(r'"([a-z_]+)"', re.sub(r"#include.*", "", text)))


def promtool(*args, **kwargs) -> None:
    done = subprocess.run(["promtool", *map(str, args)], capture_output=True, text=True, **kwargs)
    if done.returncode:
        raise AssertionError(f"promtool {args[0]} {args[1]}:\n{done.stdout}{done.stderr}")


class BoardTest(unittest.TestCase):
    def test_every_board_can_be_linked_to(self):
        boards = [json.loads(path.read_text()) for path in BUILT.glob("*.json")]
        self.assertTrue(boards)
        uids = [board["uid"] for board in boards]
        self.assertEqual(len(set(uids)), len(uids))
        for board in boards:
            self.assertRegex(board["uid"], r"^loadline-[a-z-]+$")
            names = [variable["name"] for variable in board["templating"]["list"]]
            self.assertEqual(names[:1], ["datasource"])

    def test_every_panel_says_what_it_shows(self):
        for name, panel in board_panels():
            with self.subTest(panel=name):
                self.assertGreater(len(panel["description"]), 10)
                self.assertTrue(panel["fieldConfig"]["defaults"]["unit"])
                self.assertEqual(panel["datasource"]["uid"], "${datasource}")
                for target in panel["targets"]:
                    self.assertEqual(target["datasource"]["uid"], "${datasource}")
                    # A fixed window is too short for a slow scrape and too long for a fast one.
                    self.assertNotRegex(target["expr"], r"\[\d")

    def test_panels_do_not_overlap(self):
        for path in BUILT.glob("*.json"):
            taken = set()
            for panel in json.loads(path.read_text())["panels"]:
                at = panel["gridPos"]
                cells = {(x, y) for x in range(at["x"], at["x"] + at["w"])
                         for y in range(at["y"], at["y"] + at["h"])}
                self.assertLessEqual(at["x"] + at["w"], 24, panel["title"])
                self.assertFalse(cells & taken, panel["title"])
                taken |= cells

    def test_legends_name_labels_that_the_query_keeps(self):
        for name, panel in board_panels():
            for target in panel["targets"]:
                with self.subTest(panel=name, expr=target["expr"]):
                    legend = set(re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]))
                    self.assertLessEqual(legend, metric_names.grouping_in(target["expr"]))


class NamesTest(unittest.TestCase):
    def setUp(self):
        self.known = metric_names.table(ROOT / "docs/METRICS.md")
        self.assertTrue(self.known)

    def expect_known(self, query: str):
        with self.subTest(query=query):
            self.assertEqual(metric_names.errors(query, self.known), [])

    def test_boards(self):
        for _, panel in board_panels():
            for target in panel["targets"]:
                self.assertTrue(metric_names.metrics_in(target["expr"]))
                self.expect_known(target["expr"])

    def test_variables(self):
        for path in BUILT.glob("*.json"):
            for variable in json.loads(path.read_text())["templating"]["list"]:
                if variable["type"] == "query":
                    inner, label = re.fullmatch(r"label_values\((.*), (\w+)\)",
                                                variable["definition"]).groups()
                    self.expect_known(inner)
                    self.expect_known(f"sum by ({label}) ({inner})")

    def test_alerts(self):
        for rule in alerts():
            self.assertTrue(metric_names.metrics_in(rule["expr"]))
            self.expect_known(rule["expr"])
            kept = metric_names.grouping_in(rule["expr"]) | metric_names.TARGET_LABELS
            used = set(re.findall(r"\$labels\.(\w+)", json.dumps(rule["annotations"])))
            self.assertLessEqual(used, kept, rule["alert"])

    def test_runbooks(self):
        text = (ROOT / "dashboards/runbooks.md").read_text()
        for query in re.findall(r"^    (.*loadline_.*)$", text, re.MULTILINE):
            self.expect_known(query)
        for name in re.findall(r"`(loadline_\w+)`", text):
            self.expect_known(name)

    def test_reasons_and_classes_are_spelled_as_in_the_code(self):
        reasons = words_of("wait_reason.h")
        config = subprocess.run(["jsonnet", "-e", "(import 'config.libsonnet')._config"],
                                cwd=ROOT / "dashboards", capture_output=True, text=True, check=True)
        self.assertLessEqual(set(json.loads(config.stdout)["restReasons"]), reasons)
        causes = {name for name in re.findall(r'\.name = "(\w+)"', (ROOT / "agent/src/model/cause.h").read_text())}
        self.assertLessEqual(set(json.loads(config.stdout)["heldBackBy"]), causes)
        words = (reasons | causes | words_of("control/bottleneck.h") | words_of("control/control_law.h")
                 | {"self", "neighbour", "throttled", "unattributed"}  # Causes of run-queue wait.
                 | features() | losses() | {"what", "runbook_url"})
        runbooks = (ROOT / "dashboards/runbooks.md").read_text()
        self.assertLessEqual(set(re.findall(r"`([a-z_]+)`", runbooks)) - set(self.known), words)

    def test_the_check_itself_sees_what_is_wrong(self):
        for query in ["loadline_nothing", 'loadline_threads{colour="red"}',
                      "sum by (colour) (loadline_threads)",
                      'sum by (process) (rate(loadline_limit{process="x"}[1m]))']:
            self.assertTrue(metric_names.errors(query, self.known), query)


class RunbookTest(unittest.TestCase):
    def test_every_alert_has_a_runbook_and_every_runbook_an_alert(self):
        names = [rule["alert"] for rule in alerts()]
        self.assertEqual(sorted(names), sorted(runbook_headings()))
        for rule in alerts():
            self.assertTrue(rule["annotations"]["runbook_url"].endswith(
                "runbooks.md#" + rule["alert"].lower()), rule["alert"])


class PromtoolTest(unittest.TestCase):
    def test_rules_and_configuration_are_accepted(self):
        promtool("check", "rules", BUILT / "rules/loadline-alerts.yaml")
        promtool("check", "config", BUILT / "prometheus.yml")

    def test_every_alert_fires_when_it_must_and_only_then(self):
        case = (ROOT / "tests/contract/alerts_test.yaml").read_text()
        tried = set(re.findall(r"alertname: (\w+)", case))
        self.assertEqual(tried, {rule["alert"] for rule in alerts()})
        rules = (BUILT / "rules/loadline-alerts.yaml").read_text()
        url = re.search(r'"runbook_url": "(.*)#', rules)[1]
        with tempfile.TemporaryDirectory() as folder:
            (pathlib.Path(folder) / "loadline-alerts.yaml").write_text(rules)
            (pathlib.Path(folder) / "test.yaml").write_text(case.replace("RUNBOOKS#", url + "#"))
            promtool("test", "rules", "test.yaml", cwd=folder)


if __name__ == "__main__":
    ROOT, BUILT = (pathlib.Path(argument).absolute() for argument in sys.argv[1:])
    if not list(BUILT.glob("*.json")):
        print("SKIP: the boards were not built, since jsonnet is missing")
        sys.exit(SKIP)
    missing = [tool for tool in ("jsonnet", "promtool") if not shutil.which(tool)]
    if missing:
        print(f"SKIP: {missing[0]} is missing (Debian: jsonnet, prometheus)")
        sys.exit(SKIP)
    unittest.main(argv=sys.argv[:1])
