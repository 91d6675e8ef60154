#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Draws docs/img/outage.svg, the picture of README.md, from a real run:

    sudo build/release/bin/loadline demo --json > demo.json
    python3 docs/img/outage.py demo.json > docs/img/outage.svg
"""
import json
import pathlib
import sys

WIDTH, HEIGHT = 900, 360
LEFT, TOP, PANEL_W, PANEL_H, GAP = 56, 64, 390, 210, 34
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #24292f }
  .title { font-size: 16px; font-weight: 600 } .small { font-size: 12px; fill: #57606a }
  .grid { stroke: #d0d7de; stroke-width: 1 } .slow { fill: #cf222e; opacity: .09 }
  .independent { fill: none; stroke: #0969da; stroke-width: 2.5 }
  .dependent { fill: none; stroke: #bf8700; stroke-width: 2.5 }
  .paper { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 } .small { fill: #9198a1 } .grid { stroke: #3d444d } .paper { fill: #0d1117 }
    .slow { opacity: .22 } .independent { stroke: #4493f8 } .dependent { stroke: #d29922 }
  }
"""
TITLES = {"fixed-200": "A fixed pool of 200 threads", "loadline": "With Loadline"}


def panel(run: dict, x0: float, rate_max: float) -> list[str]:
    phases = {phase["name"]: phase for phase in run["phases"]}
    total = sum(phase["seconds"] for phase in run["phases"])
    slow_from = phases["steady"]["seconds"]
    slow_for = phases["slow"]["seconds"]

    def x(seconds: float) -> float:
        return x0 + PANEL_W * seconds / total

    def y(rate: float) -> float:
        return TOP + PANEL_H * (1 - rate / rate_max)

    out = [f'<text class="title" x="{x0}" y="{TOP - 30}">{TITLES[run["mode"]]}</text>',
           f'<rect class="slow" x="{x(slow_from):.1f}" y="{TOP}" '
           f'width="{PANEL_W * slow_for / total:.1f}" height="{PANEL_H}"/>',
           f'<text class="small" x="{x(slow_from + slow_for / 2):.1f}" y="{TOP - 8}" '
           'text-anchor="middle">dependency 50 ms → 5 s</text>']
    for rate in range(0, int(rate_max) + 1, 50):
        out.append(f'<line class="grid" x1="{x0}" x2="{x0 + PANEL_W}" y1="{y(rate):.1f}" '
                   f'y2="{y(rate):.1f}"/>')
    for name in ("dependent", "independent"):
        points = " ".join(
            f'{x(second["at_seconds"] + .5):.1f},{y(second[name + "_good_per_second"]):.1f}'
            for second in run["timeline"])
        out.append(f'<polyline class="{name}" points="{points}"/>')
    slow = phases["slow"]
    share = 100 * slow["independent"]["good"] / slow["independent"]["offered"]
    recovery = (f'{run["recovery_seconds"]:.1f} s after the dependency'
                if run["recovered"] else "not within the run")
    out.append(f'<text x="{x0}" y="{TOP + PANEL_H + 26}">Work without the dependency, meanwhile: '
               f'<tspan font-weight="600">{share:.0f} % served</tspan></text>')
    out.append(f'<text class="small" x="{x0}" y="{TOP + PANEL_H + 46}">Peak of '
               f'{run["pool"]["threads_peak"]} threads; back to normal {recovery}</text>')
    return out


def main(report: str) -> None:
    runs = json.loads(pathlib.Path(report).read_text())["runs"]
    highest = max(second[name + "_good_per_second"] for run in runs
                  for second in run["timeline"] for name in ("independent", "dependent"))
    rate_max = 50 * (int(highest / 50) + 1)
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" '
           'aria-label="Goodput through an outage, fixed pool against Loadline">',
           f"<style>{STYLE}</style>", f'<rect class="paper" width="{WIDTH}" height="{HEIGHT}"/>']
    for rate in range(0, rate_max + 1, 50):
        y = TOP + PANEL_H * (1 - rate / rate_max)
        out.append(f'<text class="small" x="{LEFT - 8}" y="{y + 4:.1f}" text-anchor="end">{rate}</text>')
    for index, run in enumerate(runs):
        out += panel(run, LEFT + index * (PANEL_W + GAP), rate_max)
    legend = HEIGHT - 14
    out += [f'<line class="independent" x1="{LEFT}" x2="{LEFT + 26}" y1="{legend - 4}" y2="{legend - 4}"/>',
            f'<text class="small" x="{LEFT + 34}" y="{legend}">requests per second served within 250 ms '
            'that do not need the dependency</text>',
            f'<line class="dependent" x1="560" x2="586" y1="{legend - 4}" y2="{legend - 4}"/>',
            f'<text class="small" x="594" y="{legend}">requests that need it</text>', "</svg>"]
    print("\n".join(out))


if __name__ == "__main__":
    main(*sys.argv[1:])
