# SPDX-License-Identifier: Apache-2.0
"""What a guest wrote on its console, taken apart. No I/O."""
import dataclasses
import json
import re

REFUSED_CODE = 3  # kEnvironment of agent/command/exit_code.h.


@dataclasses.dataclass
class Section:
    """One scenario beside the agent with one source; or "agent": how that ended."""
    scenario: str
    source: str
    parts: dict  # Such as "first", "second", "code", "log" -> text.
    real_time: bool = False  # The kernel is of that flavour.
    version: tuple[int, ...] = ()  # Of the kernel: (7, 3).

    def text(self, part: str) -> str:
        return self.parts.get(part, "").strip()

    def snapshot(self, part: str):
        return snapshot(self.parts.get(part, ""))

    def losses(self, part: str) -> dict[str, float]:
        """what -> count, of the lines of loadline_agent_lost_total."""
        found = {}
        for line in self.text(part).split("\n"):
            if line.startswith('loadline_agent_lost_total{what="'):
                found[line.split('"')[1]] = float(line.split()[-1])
        return found


def parse(console: str):
    """-> (parts before the first section, list of Section). Kernel messages may stand anywhere."""
    head, sections, name, found = {}, [], None, {}
    for line in console.replace("\r", "").split("\n"):
        if line.startswith("@@ "):
            name = line[3:].strip()
            if name == "section":
                found = {}
                sections.append(Section("", "", found))
            elif not sections:
                found = head
            found.setdefault(name, "")
        elif name == "section" and line and not sections[-1].scenario:
            sections[-1].scenario, _, sections[-1].source = line.strip().partition(" ")
        elif name and not line.startswith("## "):
            found[name] += line + "\n"
    kernel = head.get("kernel", "")
    version = re.match(r"\s*(\d+)\.(\d+)", kernel)
    for section in sections:
        section.real_time = "-rt" in kernel
        section.version = tuple(map(int, version.groups())) if version else ()
    return head, sections


def snapshot(text: str):
    """The JSON line of a part; None: there is none."""
    for line in text.split("\n"):
        if line.startswith("{"):
            return json.loads(line)
    return None


def is_refusal(section: Section) -> bool:
    """Ended by itself, with the code for what the machine lacks and one line that says what."""
    lines = [line for line in section.text("log").split("\n") if line.strip()]
    return (section.text("code") == str(REFUSED_CODE) and len(lines) == 1
            and lines[0].startswith("loadline: "))
