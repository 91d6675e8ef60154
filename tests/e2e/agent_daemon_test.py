#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Goal: the agent starts, measures, serves, tells processes apart and goes, and says in one line
what is wrong where it cannot.

Method: the program as it is built, with its real probes, against processes whose waits are known.

Usage: agent_daemon_test.py BIN. Needs root and BTF; exits with 77 without.
"""
import contextlib
import json
import os
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest

from agent_rig import SECONDS_MAX, SKIPPED, Agent, eventually, reason_to_skip

BIN = pathlib.Path()
ENVIRONMENT = 3
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
CAPABLE = ["--inh-caps=+bpf,+perfmon", "--ambient-caps=+bpf,+perfmon"]
# Threads that wait for a peer that never speaks. Prints its port when all are connected.
WAITERS = """
import socket, sys, threading
listener = socket.create_server(("127.0.0.1", 0), backlog=64)
clients = [socket.create_connection(listener.getsockname()) for _ in range(20)]
for client in clients:
    threading.Thread(target=client.recv, args=(1,), daemon=True).start()
print(listener.getsockname()[1], flush=True)
sys.stdin.read()
"""


def run(*command, **options) -> subprocess.CompletedProcess:
    return subprocess.run([*map(str, command)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=SECONDS_MAX, **options)


class Client:
    """A registered process, see agent_test_client.cc."""

    def __init__(self, agent: Agent, service: str, pool: str, threads: int, *tids: int):
        self.process = subprocess.Popen(
            [BIN / "agent_test_client", agent.dir / "self.sock", service, pool, str(threads),
             *map(str, tids)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.tids = self.read()["tids"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=SECONDS_MAX)
        self.process.stdout.close()

    def read(self) -> dict:
        return json.loads(self.process.stdout.readline())

    def pools(self) -> list[dict]:
        """Of the next message of signals that has any."""
        while True:
            if pools := self.read().get("signals", {}).get("pools"):
                return pools


def thread_ns(pool: dict) -> int:
    """All time of the pool's threads, whatever they did."""
    return (sum(int(value) for key, value in pool.items() if key.endswith("_ns")
                and isinstance(value, str) and key != "taken_at_ns")
            + sum(map(int, pool["blocked_ns"])))


class AgentDaemonTest(unittest.TestCase):
    def test_it_starts_serves_and_stops_without_a_trace(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(signal=number.name), Agent(BIN) as agent:
                self.assertEqual(agent.get("/-/healthy"), "healthy\n")
                self.assertEqual((agent.dir / "self.sock").stat().st_mode & 0o777, 0o666)
                self.assertEqual((agent.dir / "agent.sock").stat().st_mode & 0o777, 0o660)
                with Client(agent, "orders", "db", 2):
                    self.assertEqual(agent.stop(number), 0)
                self.assertEqual([path.name for path in agent.dir.iterdir()], ["lock"])
                self.assertIn(f"{agent.dir}/self.sock", agent.log)
                self.assertIn("measuring by bpf", agent.log)

    def test_the_exposition_is_accepted_by_promtool(self):
        with Agent(BIN) as agent, Client(agent, "orders", "db", 2):
            eventually(lambda: agent.samples().get("loadline_agent_sessions") == 1, "a session")
            age = eventually(lambda: agent.samples().get("loadline_agent_reading_age_seconds"),
                             "a first reading")
            self.assertTrue(0 < age < SECONDS_MAX, age)
            checked = subprocess.run(["promtool", "check", "metrics"], input=agent.get("/metrics"),
                                     capture_output=True, text=True)
            self.assertEqual((checked.returncode, checked.stdout, checked.stderr), (0, "", ""))

    def test_threads_that_wait_for_a_peer_are_seen_with_its_address(self):
        self.check_waiters("bpf")

    def test_the_iterator_sees_them_too(self):
        self.check_waiters("iter")

    def check_waiters(self, source: str):
        with Agent(BIN, f"--source={source}") as agent, subprocess.Popen(
                [sys.executable, "-c", WAITERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                text=True) as waiters:
            peer = f"127.0.0.1:{waiters.stdout.readline().strip()}"

            def seen():
                return [pool for pool in agent.pools() if pool["pid"] == waiters.pid
                        and any(one["address"] == peer and one["threads"] == 20
                                for one in pool["peers"])]

            pool, = eventually(seen, "20 threads wait for the peer")
            self.assertGreaterEqual(pool["waiting"], 20)
            self.assertEqual(pool["waits"][0]["reason"], "network")
            container = f'container="{pool["container"]}",' if pool["container"] else ""
            labels = (f'process="{pool["process"]}",pool="{pool["pool"]}",{container}'
                      f'peer="{peer}"')
            samples = agent.samples()
            self.assertEqual(samples[f'loadline_agent_source{{source="{source}"}}'], 1)
            unknown = samples.get('loadline_agent_cannot_know{what="neighbours"}', 0)
            self.assertEqual(unknown, 0 if source == "bpf" else 1)
            self.assertEqual("What iter cannot know: " in agent.pools_table(), source == "iter")
            self.assertEqual(samples[f"loadline_peer_threads{{{labels}}}"], 20)
            eventually(lambda: agent.samples()[f"loadline_peer_wait_seconds_total{{{labels}}}"] > 0,
                       "their waits add up")
            waiters.stdin.close()

    def test_over_its_budget_it_leaves_out_what_it_says_it_leaves_out(self):
        with Agent(BIN, "--budget-cpu=0.0001") as agent, \
                Client(agent, "orders", "db", 3):
            def dropped():
                return [series for series in agent.samples() if 'state="dropped"' in series]

            eventually(lambda: len(dropped()) == 3, "all detail is dropped")
            self.assertEqual(agent.samples()['loadline_agent_over_budget{of="agent"}'], 1)
            eventually(lambda: {pool["process"] for pool in agent.pools()} == {"orders"},
                       "only the registered process is shown")
            table = run(BIN / "loadline", "pools", f"--socket={agent.dir}/agent.sock")
            self.assertIn("Left out, to keep to --budget-cpu: histograms, peers, unregistered.",
                          table.stdout)
            agent.stop()
            order = [agent.log.find(f"no {feature} from now on")
                     for feature in ("histograms", "peers", "unregistered")]
            self.assertEqual(order, sorted(order))
            self.assertGreater(order[0], 0)

    def test_a_process_hears_of_its_own_threads_only(self):
        with Agent(BIN) as agent, Client(agent, "orders", "db", 3) as victim:
            with Client(agent, "spy", "db", 5, *victim.tids) as spy:
                eventually(lambda: spy.pools()[0]["threads"] == 5, "the spy's own threads")
                for _ in range(5):
                    pools = spy.pools()
                    self.assertEqual([pool["name"] for pool in pools], ["db"])
                    self.assertEqual(pools[0]["threads"], 5)
                self.assertEqual(victim.pools()[0]["threads"], 3)
                by_process = {pool["process"]: pool for pool in agent.pools()
                              if pool["registered"]}
                self.assertEqual({name: pool["threads"] for name, pool in by_process.items()},
                                 {"orders": 3, "spy": 5})

    def test_signals_account_for_all_time_of_the_threads(self):
        with Agent(BIN) as agent, Client(agent, "orders", "db", 4) as client:
            eventually(lambda: client.pools()[0]["threads"] == 4, "all threads")
            first = client.pools()[0]
            for _ in range(20):
                last = client.pools()[0]
            wall = int(last["taken_at_ns"]) - int(first["taken_at_ns"])
            counted = thread_ns(last) - thread_ns(first)
            self.assertAlmostEqual(counted / (4 * wall), 1, delta=0.02)

    def test_no_counter_goes_down_while_processes_come_and_go(self):
        with Agent(BIN, "--pools-max=12") as agent:
            stop = threading.Event()

            def churn():
                while not stop.is_set():
                    run("sh", "-c", "for i in 1 2 3 4 5; do /bin/true; done; sleep 0.05")

            churner = threading.Thread(target=churn)
            churner.start()
            try:
                before = agent.samples()
                for _ in range(30):
                    after = agent.samples()
                    for series, value in after.items():
                        if "_total" in series and series in before:
                            self.assertGreaterEqual(value, before[series], series)
                    before = after
            finally:
                stop.set()
                churner.join()

    def test_a_session_that_is_over_leaves_counters_and_no_gauge(self):
        limit = 'loadline_limit{service="orders",limiter="checkout"}'
        admitted = 'loadline_admitted_total{service="orders",limiter="checkout"}'
        with Agent(BIN) as agent:
            with Client(agent, "orders", "db", 2) as client:
                client.pools()
                eventually(lambda: any(pool["registered"] for pool in agent.pools()), "its pool")
                eventually(lambda: agent.samples().get(limit) == 10, "its limiter")
            eventually(lambda: agent.samples()["loadline_agent_sessions"] == 0, "the end")
            eventually(lambda: not any(pool["registered"] for pool in agent.pools()), "its pool's")
            self.assertNotIn(limit, agent.samples())
            self.assertEqual(agent.samples()[admitted], 5)

    def test_a_new_agent_takes_the_place_of_one_that_was_killed(self):
        with Agent(BIN) as agent:
            agent.process.kill()
            agent.process.wait()
            agent.process.stderr.close()
            self.assertTrue((agent.dir / "self.sock").exists())
            (agent.dir / "http.addr").unlink()
            agent.start()
            with Client(agent, "orders", "db", 2) as client:
                self.assertTrue(client.pools())

    def test_on_sighup_it_reads_its_file_again_and_a_wrong_one_changes_nothing(self):
        def reload(detail: str):
            file.write_text(f"detail: {detail}\n")
            agent.process.send_signal(signal.SIGHUP)
            self.assertEqual([notified.recv(100), notified.recv(100)], [b"RELOADING=1", b"READY=1"])

        def peers(state: str) -> bool:
            series = f'loadline_agent_detail{{feature="peers",state="{state}"}}'
            return agent.is_ready() and agent.samples().get(series) == 1

        with tempfile.TemporaryDirectory(dir="/tmp") as folder, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
            notified.bind(f"{folder}/notify")
            notified.settimeout(SECONDS_MAX)
            file = pathlib.Path(folder, "loadline.yaml")
            file.write_text("detail: all\n")
            with Agent(BIN, f"--config={file}", env={"NOTIFY_SOCKET": f"{folder}/notify"}) as agent:
                notified.recv(100)
                self.assertTrue(peers("on"))
                reload("histograms")
                eventually(lambda: peers("off"), "the new configuration")
                reload("everything")
                self.assertTrue(peers("off"), "the old configuration, without a pause")
                reload("all")
                eventually(lambda: peers("on"), "the configuration as it was")
                self.assertEqual(agent.stop(), 0)
                self.assertIn('not reloaded: ', agent.log)
                self.assertIn('"everything" must be all, none, or some of', agent.log)

    def test_systemd_is_told(self):
        with tempfile.TemporaryDirectory(dir="/tmp") as folder, \
                socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as notified:
            notified.bind(f"{folder}/notify")
            notified.settimeout(SECONDS_MAX)
            with Agent(BIN, env={"NOTIFY_SOCKET": f"{folder}/notify"}) as agent:
                self.assertEqual(notified.recv(100), b"READY=1")
                agent.stop()
                self.assertEqual(notified.recv(100), b"STOPPING=1")


class AgentErrorsTest(unittest.TestCase):
    def expect_failure(self, named: str, *command, **options):
        done = run(*command, **options)
        self.assertEqual(done.returncode, ENVIRONMENT, done.stderr)
        self.assertEqual(len(done.stderr.strip().splitlines()), 1, done.stderr)
        self.assertIn(named, done.stderr)

    @contextlib.contextmanager
    def agent_of_nobody(self, folder: str, *capabilities: str):
        with subprocess.Popen([*NOBODY, *capabilities, BIN / "loadline", "agent",
                               "--listen=127.0.0.1:0", f"--runtime-dir={folder}"],
                              stderr=subprocess.PIPE, text=True) as agent:
            try:
                yield agent
            finally:
                agent.kill()

    def test_what_is_taken_is_said_with_the_way_out(self):
        with Agent(BIN) as agent, tempfile.TemporaryDirectory(dir="/tmp") as other:
            address = (agent.dir / "http.addr").read_text()
            self.expect_failure(f"{address} is taken by another program: choose another with "
                                "--listen", BIN / "loadline", "agent", f"--listen={address}",
                                f"--runtime-dir={other}")
            self.expect_failure("cannot listen on nowhere.invalid:80: ", BIN / "loadline", "agent",
                                "--listen=nowhere.invalid:80", f"--runtime-dir={other}")
            self.expect_failure(f"another agent runs in {agent.dir}", BIN / "loadline", "agent",
                                "--listen=127.0.0.1:0", f"--runtime-dir={agent.dir}")

    def test_a_socket_of_another_program_is_left_alone(self):
        with tempfile.TemporaryDirectory(dir="/tmp") as folder, \
                socket.socket(socket.AF_UNIX) as taken:
            taken.bind(f"{folder}/self.sock")
            taken.listen()
            self.expect_failure(f"another program answers at {folder}/self.sock",
                                BIN / "loadline", "agent", "--listen=127.0.0.1:0",
                                f"--runtime-dir={folder}")

    def test_an_ordinary_user_is_told_what_right_is_missing(self):
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            os.chown(folder, 65534, 65534)
            self.expect_failure("cap_bpf", *NOBODY, BIN / "loadline", "agent", "--source=bpf",
                                "--listen=127.0.0.1:0", f"--runtime-dir={folder}")
            with self.agent_of_nobody(folder) as agent:
                self.assertRegex(agent.stderr.readline(), "measuring by proc.*cap_bpf")
                self.assertIn("measuring by proc", agent.stderr.readline())
                agent.terminate()

    def test_an_ordinary_user_without_a_directory_is_told_how_to_name_one(self):
        environment = {key: value for key, value in os.environ.items()
                       if key != "XDG_RUNTIME_DIR"}
        self.expect_failure("--runtime-dir", *NOBODY, BIN / "loadline", "agent", env=environment)
        self.expect_failure("cannot make /proc/none", *NOBODY, *CAPABLE, BIN / "loadline", "agent",
                            "--listen=127.0.0.1:0", "--runtime-dir=/proc/none")

    def test_two_capabilities_are_enough(self):
        with tempfile.TemporaryDirectory(dir="/tmp") as folder:
            os.chown(folder, 65534, 65534)
            with self.agent_of_nobody(folder, *CAPABLE) as agent:
                self.assertIn("measuring by bpf", agent.stderr.readline())
                agent.terminate()

    def test_who_asks_where_no_agent_is_is_told(self):
        self.expect_failure("no agent answers at /tmp/none/agent.sock", BIN / "loadline", "pools",
                            "--socket=/tmp/none/agent.sock")


if __name__ == "__main__":
    if why := reason_to_skip():
        print(f"skipped: {why}")
        sys.exit(SKIPPED)
    BIN = pathlib.Path(sys.argv[1]).absolute()
    unittest.main(argv=[sys.argv[0], *sys.argv[2:]])
