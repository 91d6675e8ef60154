# SPDX-License-Identifier: Apache-2.0
"""`loadline demo --json` as a child process: its progress while it plays, its report at the end."""
import json
import pathlib
import re
import subprocess
import threading


class DemoRun:
    """`on_line` is called with each line of its progress, from a thread of its own."""

    def __init__(self, bin_dir: pathlib.Path, flags: list[str], on_line=lambda line: None):
        self.lines: list[str] = []
        self._on_line = on_line
        self._child = subprocess.Popen(
            [bin_dir / "loadline", "demo", "--json", *flags], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._child.stderr:
            self.lines.append(line)
            self._on_line(line)

    @property
    def pid(self) -> int:
        return self._child.pid

    def send(self, signal_number: int):
        self._child.send_signal(signal_number)

    def wait(self, seconds_max: float) -> tuple[int, str]:
        """Its exit code and what it printed on stdout; killed if it takes longer."""
        watchdog = threading.Timer(seconds_max, self._child.kill)
        watchdog.start()
        out, code = self._child.stdout.read(), self._child.wait()
        watchdog.cancel()
        self._reader.join()
        self._child.stdout.close()
        self._child.stderr.close()
        return code, out

    def report(self, seconds_max: float) -> dict[str, dict]:
        """The runs by mode; AssertionError with its last words unless it ended well."""
        code, out = self.wait(seconds_max)
        if code != 0:
            raise AssertionError(f"exit code {code}:\n{''.join(self.lines[-20:])}")
        assert out.count("\n") == 1, f"one object on one line, not:\n{out}"
        return {run["mode"]: run for run in json.loads(out)["runs"]}


def phase(run: dict, name: str) -> dict:
    return next(phase for phase in run["phases"] if phase["name"] == name)


def addresses(line: str) -> tuple[str, str] | None:
    """The metrics URL and the dependency's address, from the line that says them."""
    found = re.match(r"agent: metrics at (\S+); \w+ at ([\d.:]+);", line)
    return (found[1], found[2]) if found else None


def figures(runs: dict[str, dict]) -> str:
    """Every figure on a line of its own, for the log of a test that failed or was tried again."""
    text = []
    for mode, run in runs.items():
        text.append(f"{mode}: recovery {run['recovery_seconds']:.1f} s (recovered: "
                    f"{run['recovered']}), client lag p99 {run['client_lag_p99_ms']:.1f} ms, "
                    f"pool {run['pool']}")
        for played in run["phases"]:
            text += [f"  {played['name']} {endpoint}: {played[endpoint]}"
                     for endpoint in ("independent", "dependent")]
    return "\n".join(text)
