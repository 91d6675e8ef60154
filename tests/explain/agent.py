# SPDX-License-Identifier: Apache-2.0
"""An agent as a host has one, and what its commands print."""
import json
import pathlib
import shutil
import signal
import subprocess
import urllib.request

from judge import Said
from stage import AGENT_DIR, eventually

READY_SECONDS_MAX = 60
ANSWER_SECONDS_MAX = 60


class Agent:
    """`with Agent(bin) as agent:`. With the defaults that every user has."""

    def __init__(self, bin_dir: pathlib.Path, flags: list[str]):
        self.bin, self.flags = bin_dir, flags

    def __enter__(self):
        self.dir = AGENT_DIR
        shutil.rmtree(self.dir, ignore_errors=True)
        self.dir.mkdir(mode=0o755)
        self.log = open(self.dir / "log", "wb")
        self.process = subprocess.Popen(
            [self.bin / "loadline", "agent", f"--runtime-dir={self.dir}", "--listen=127.0.0.1:0", *self.flags],
            stdin=subprocess.DEVNULL, stdout=self.log, stderr=self.log)
        try:
            eventually(self.is_ready, "the agent is ready", READY_SECONDS_MAX)
        except AssertionError as error:
            said = (self.dir / "log").read_text(errors="replace")[-500:]
            self.__exit__()
            raise AssertionError(f"{error}: {said}") from None
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(timeout=READY_SECONDS_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def is_ready(self) -> bool:
        if self.process.poll() is not None:
            raise AssertionError("the agent ended")
        try:
            address = (self.dir / "http.addr").read_text()
            with urllib.request.urlopen(f"http://{address}/-/ready", timeout=5) as answer:
                return answer.read() == b"ready\n"
        except OSError:
            return False

    def command(self, *words: str) -> subprocess.CompletedProcess:
        return subprocess.run([self.bin / "loadline", *words, f"--socket={self.dir}/agent.sock"],
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=ANSWER_SECONDS_MAX, check=False)

    def pools(self) -> list[dict]:
        """Of the whole host, so that one question does for all cases of a group."""
        done = self.command("pools", "--json", "--all")
        try:
            return json.loads(done.stdout)["pools"] if done.returncode == 0 else []
        except (ValueError, KeyError):
            return []

    def explain(self, whom: str) -> Said:
        try:
            done = self.command("explain", whom, "--json", "--all")
            text = self.command("explain", whom)
        except subprocess.TimeoutExpired:
            return Said(problem="explain does not answer")
        said = Said(text=text.stdout + text.stderr)
        try:
            said.report = json.loads(done.stdout)
        except ValueError:
            said.problem = f"explain {whom} --json: no JSON, exit code {done.returncode}: {(done.stderr or done.stdout).strip()[:200]}"
        return said
