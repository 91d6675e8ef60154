# SPDX-License-Identifier: Apache-2.0
"""Programs of workloads/, where no packaged one shows the kind, in the runtimes of Debian's packages."""
import dataclasses
import os
import shutil
import signal

import stage as stages
from programs.service import PYTHON, Server, app, built, classes, environment, program as named, up


JDBC = tuple(f"/usr/share/java/{name}.jar" for name in ("HikariCP", "postgresql", "slf4j-api", "slf4j-nop"))


@dataclasses.dataclass
class Own:
    """A program that is healthy until SIGUSR1."""
    pid: int
    started: object

    @property
    def whom(self) -> tuple[str, int]:
        return str(self.pid), self.pid

    def trouble(self):
        for pid in sorted(stages.tree(self.pid)):
            os.kill(pid, signal.SIGUSR1)


def ready(started) -> Own:
    def said():
        text = started.log.read_text(errors="replace")
        if started.keeper.poll() is not None:
            raise AssertionError(f"ended: {text[-500:]}")
        return "ready" in text
    stages.eventually(said, "the program says that it is ready")
    return Own(started.pid, started)


def program(stage, workload: str, *words, name="", **where) -> Own:
    """A program of this build, explain_WORKLOAD; a copy, which may have another name."""
    copy = stage.dir / "bin" / (name or f"explain_{workload}")
    shutil.copy(stages.BIN / f"explain_{workload}", copy)
    return ready(stage.start(copy, *words, **where))


def rust(stage, source: str, *words, name="", **where) -> Own:
    binary = built(stage, source, "/usr/bin/rustc", "-O", "-o", "RESULT", "SOURCE")
    return ready(stage.start(named(stage, binary, name), *words, **where))


def tbb(stage, *words, name="", **where) -> Own:
    binary = built(stage, "tbb_loop.cc", "/usr/bin/g++", "-O2", "-o", "RESULT", "SOURCE", "-ltbb", "-pthread")
    return ready(stage.start(named(stage, binary, name), *words, **where))


def python(stage, source: str, *words, name="", **where) -> Own:
    return ready(stage.start(named(stage, PYTHON, name), app(stage, source), *words, **where))


def ruby(stage, source: str, *words, name="", **where) -> Own:
    return ready(stage.start(named(stage, "/usr/bin/ruby", name), app(stage, source), *words, **where))


def perl(stage, source: str, *words, name="", **where) -> Own:
    return ready(stage.start(named(stage, "/usr/bin/perl", name), app(stage, source), *words, **where))


def java(stage, main: str, *words, name="", java="/usr/bin/java", jars=(), flags=(), **where) -> Own:
    here = [shutil.copy(each, stage.dir) for each in jars]  # From the host, whichever release runs them.
    path = ":".join(map(str, [classes(stage, main, jars), *here]))
    return ready(stage.start(named(stage, java, name), "-Xmx128m", *flags, "-cp", path, main, *words, **where))


def sbcl(stage, **where) -> Own:
    return ready(stage.start("/usr/bin/sbcl", "--script", app(stage, "pool.lisp"), **where))


def mono(stage, peer=None, sleep=None, name="", **where) -> Server:
    port = stage.port()
    binary = built(stage, "server.cs", "/usr/bin/mcs", "-out:RESULT", "SOURCE")
    return up(stage, stage.start(named(stage, "/usr/bin/mono", name), binary, env=environment(port, peer, sleep), **where), port)


def limited(stage, kind: str, threads: int, *words, **where) -> Own:
    """A service with the SDK, which finds the agents of the run."""
    return program(stage, "limited", kind, threads, *words, env={"LOADLINE_SOCKET": stages.AGENT_DIR / "self.sock"}, **where)


def crowd_of_programs(stage, count: int):
    """Programs with names of their own that rest."""
    for at in range(count):
        name = f"p{chr(97 + at // 16)}{chr(97 + at % 16)}"
        (stage.dir / "bin" / name).symlink_to("/bin/sleep")
    names = " ".join(f"{stage.dir}/bin/p{chr(97 + at // 16)}{chr(97 + at % 16)}" for at in range(count))
    stage.start("/bin/sh", "-c", f"for each in {names}; do $each 100000 & done; wait")


def spinners(stage, count: int, name: str):
    """Programs of that name that compute without end."""
    copy = stage.dir / "bin" / name
    shutil.copy("/bin/dash", copy)
    for _ in range(count):
        stage.start(copy, "-c", "while :; do :; done", host=True)
