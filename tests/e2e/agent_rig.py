# SPDX-License-Identifier: Apache-2.0
"""An agent with the real probes, in a directory of its own, for end-to-end tests."""
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.request

SKIPPED = 77
SECONDS_MAX = 20
NOT_THERE = 3  # What a program ends with that lacks something.


def reason_to_skip() -> str:
    """Why the probes cannot be loaded here; empty if they can."""
    if os.geteuid() != 0:
        return "needs root"
    if not pathlib.Path("/sys/kernel/btf/vmlinux").exists():
        return "needs a kernel with BTF"
    return ""


def eventually(condition, what: str, seconds: float = SECONDS_MAX):
    """The first true answer of `condition`, which is asked again and again for so many seconds."""
    give_up_at = time.monotonic() + seconds
    while time.monotonic() < give_up_at:
        if answer := condition():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"not within {seconds} s: {what}")


class Agent:
    """`with Agent(bin) as agent:` runs one until the end of the block."""

    def __init__(self, bin_dir: pathlib.Path, *flags: str, env: dict | None = None):
        self.bin = bin_dir
        self.flags = flags
        self.env = os.environ | (env or {})

    def __enter__(self):
        # Short: the path of a socket has at most 107 characters.
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="loadline-", dir="/tmp"))
        self.start()
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
        shutil.rmtree(self.dir)

    def start(self):
        self.process = subprocess.Popen(
            [self.bin / "loadline", "agent", f"--runtime-dir={self.dir}", "--listen=127.0.0.1:0",
             "--refresh-ms=200", *self.budget(), *self.flags], stderr=subprocess.PIPE, text=True, env=self.env)
        try:
            eventually(self.is_ready, "the agent is ready")
        except AssertionError:
            self.process.kill()
            print(self.process.stderr.read())
            raise

    def budget(self) -> list[str]:
        """None, unless the test is about it: a busy machine must not change what is measured."""
        return [] if any("budget" in flag for flag in self.flags) else ["--budget-cpu=0"]

    def stop(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        try:
            self.process.wait(timeout=SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        self.log = self.process.stderr.read()
        self.process.stderr.close()
        return self.process.returncode

    def is_ready(self) -> bool:
        address = self.dir / "http.addr"
        try:
            return address.exists() and self.get("/-/ready") == "ready\n"
        except OSError:
            return False

    def get(self, path: str) -> str:
        address = (self.dir / "http.addr").read_text()
        with urllib.request.urlopen(f"http://{address}{path}", timeout=SECONDS_MAX) as answer:
            return answer.read().decode()

    def samples(self) -> dict[str, float]:
        lines = self.get("/metrics").splitlines()
        pairs = [line.rsplit(" ", 1) for line in lines if line and not line.startswith("#")]
        return {series: float(value) for series, value in pairs}

    def pools_table(self) -> str:
        return subprocess.run(
            [self.bin / "loadline", "pools", f"--socket={self.dir}/agent.sock"],
            check=True, capture_output=True, text=True, timeout=SECONDS_MAX).stdout

    def pools(self, *flags: str) -> list[dict]:
        """None where nothing is called so, as before a process is seen for the first time."""
        done = subprocess.run(
            [self.bin / "loadline", "pools", f"--socket={self.dir}/agent.sock", "--json", *flags],
            capture_output=True, text=True, timeout=SECONDS_MAX)
        if done.returncode == NOT_THERE and "is called" in done.stderr:
            return []
        done.check_returncode()
        return json.loads(done.stdout)["pools"]

    def explain(self, *flags: str) -> dict:
        done = subprocess.run(
            [self.bin / "loadline", "explain", f"--socket={self.dir}/agent.sock", "--json", *flags],
            check=True, capture_output=True, text=True, timeout=SECONDS_MAX)
        return json.loads(done.stdout)
