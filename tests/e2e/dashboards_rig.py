# SPDX-License-Identifier: Apache-2.0
"""Real programs for a test: started, awaited by what they print, stopped by their own pid."""
import http.client
import json
import pathlib
import re
import subprocess
import threading
import time
import urllib.parse
import urllib.request

READY_SECONDS_MAX = 30
STOP_SECONDS_MAX = 10


class Program:
    """A child process whose output, both streams together, is read all the time and kept."""

    def __init__(self, name: str, args: list, **popen):
        self.name, self.lines = name, []
        self._news = threading.Condition()
        self._child = subprocess.Popen([str(arg) for arg in args], stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                       **popen)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self._child.stdout:
            with self._news:
                self.lines.append(line)
                self._news.notify_all()

    def wait_for(self, pattern: str) -> re.Match:
        """The first line that matches; AssertionError with all output if it ends or takes long."""
        deadline = time.monotonic() + READY_SECONDS_MAX
        with self._news:
            while True:
                found = next((m for line in self.lines if (m := re.search(pattern, line))), None)
                if found:
                    return found
                left = deadline - time.monotonic()
                if self._child.poll() is not None or left <= 0:
                    raise AssertionError(f"{self.name} did not print {pattern!r}:\n{self.output()}")
                self._news.wait(min(left, 0.2))

    def output(self) -> str:
        return "".join(self.lines[-40:])

    def kill(self):
        """Without a chance to tidy up; stop() afterwards frees what is ours."""
        self._child.kill()
        self._child.wait()

    def stop(self):
        self._child.terminate()
        try:
            self._child.wait(STOP_SECONDS_MAX)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()
        self._reader.join()
        self._child.stdout.close()


class Load:
    """Clients that ask for `path` one request after another until stopped, each on one connection."""

    def __init__(self, address: str, path: str, clients: int):
        self._address, self._path, self._stopping = address, path, threading.Event()
        self.answered = 0
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._ask, daemon=True) for _ in range(clients)]
        for thread in self._threads:
            thread.start()

    def _ask(self):
        connection = http.client.HTTPConnection(self._address, timeout=READY_SECONDS_MAX)
        while not self._stopping.is_set():
            try:
                connection.request("GET", self._path)
                connection.getresponse().read()
                with self._lock:
                    self.answered += 1
            except (OSError, http.client.HTTPException):
                connection.close()  # A refused or closed connection is made anew by the next one.
                self._stopping.wait(0.05)
        connection.close()

    def stop(self):
        self._stopping.set()
        for thread in self._threads:
            thread.join()


class Prometheus:
    """Debian's Prometheus on a port of its own, scraping `target` once a second."""

    def __init__(self, folder: pathlib.Path, target: str):
        config = folder / "prometheus.yml"
        config.write_text(json.dumps({  # JSON is YAML.
            "global": {"scrape_interval": "1s"},
            "scrape_configs": [{"job_name": "loadline", "static_configs": [{"targets": [target]}]}],
        }))
        self._program = Program("prometheus", [
            "prometheus", f"--config.file={config}", f"--storage.tsdb.path={folder / 'data'}",
            "--web.listen-address=127.0.0.1:0"])
        try:
            self.url = "http://" + self._program.wait_for(r'"Listening on" address=(\S+)')[1]
            self._program.wait_for("Server is ready")
        except AssertionError:
            self.stop()
            raise

    def _get(self, path: str, **parameters) -> dict:
        url = f"{self.url}{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(url, timeout=READY_SECONDS_MAX) as answer:
            return json.load(answer)["data"]

    def query(self, expr: str) -> list[tuple[dict, float]]:
        """Labels and value of each series, now."""
        data = self._get("/api/v1/query", query=expr)
        return [(series["metric"], float(series["value"][1])) for series in data["result"]]

    def wait_for(self, expr: str):
        deadline = time.monotonic() + READY_SECONDS_MAX
        while not self.query(expr):
            if time.monotonic() > deadline:
                raise AssertionError(f"nothing for {expr} in {READY_SECONDS_MAX} s")
            time.sleep(0.2)

    def label_values(self, selector: str, label: str) -> set[str]:
        data = self._get("/api/v1/series", **{"match[]": selector})
        return {series[label] for series in data if label in series}

    def stop(self):
        self._program.stop()
