# SPDX-License-Identifier: Apache-2.0
"""Web servers that run the same small service (workloads/app.*), its peer, and the clients that ask it."""
import dataclasses
import os
import shutil

import stage as stages

WORKLOADS = stages.HERE / "workloads"
PYTHON = "/usr/bin/python3"


@dataclasses.dataclass
class Knob:
    """A number of seconds that a running program reads again and again."""
    path: object

    def set(self, seconds):
        fresh = self.path.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.rename(self.path)


@dataclasses.dataclass
class Server:
    pid: int
    port: int = 0
    started: object = None
    asked_by: int = 0  # The process that is named to explain, where it is not the first one.

    @property
    def whom(self) -> tuple[str, int]:
        """What a play yields: whom to ask about, and the pid below which the program is."""
        return str(self.asked_by or self.pid), self.pid


def knob(stage, name: str, seconds=0.02) -> Knob:
    return Knob(stage.file(name, str(seconds)))


@dataclasses.dataclass
class Peer:
    port: int
    delay: Knob


def peer(stage, role: str = "peer") -> Peer:
    """A service that answers after 20 ms, until its delay is set to something else."""
    port, delay = stage.port(), knob(stage, f"{role}-delay")
    started = stage.load("peer.py", port, delay.path)
    stage.wait_for_port(port, started)
    stage.names[role] = f"127.0.0.1:{port}"
    return Peer(port, delay)


def proxy(stage, target: int, delay: Knob, role: str) -> int:
    """-> the port of a proxy whose answers come late by `delay`."""
    port = stage.port()
    started = stage.load("proxy.py", port, target, delay.path)
    stage.wait_for_port(port, started)
    stage.names[role] = f"127.0.0.1:{port}"
    return port


def listener(stage, count: int) -> list[int]:
    """One more program with so many ports that answers at once."""
    ports = [stage.port() for _ in range(count)]
    started = stage.load("listener.py", *ports)
    stage.wait_for_port(ports[-1], started)
    return ports


def demand(stage, where, path: str = "/", clients: int = 20, pause: float = 1.0):
    return stage.load("demand.py", where, path, clients, pause)


def environment(port: int, peer: Peer | None, sleep: Knob | None, **more) -> dict:
    found = {"PORT": port} | more
    if peer:
        found["PEER"] = peer.port
    if sleep:
        found["SLEEP"] = sleep.path
    return found


def program(stage, path: str, name: str) -> str:
    """The path, or one under another name if `name` is given."""
    return str(stage.renamed(path, name)) if name else path


def up(stage, started, port: int) -> Server:
    stage.wait_for_port(port, started)
    return Server(started.pid, port, started)


def app(stage, name: str):
    shutil.copy(WORKLOADS / name, stage.dir / name)
    return stage.dir / name


def gunicorn(stage, *flags, peer=None, sleep=None, unix_peer="", file="", name="", **where) -> Server:
    port = stage.port()
    app(stage, "app.py")
    return up(stage, stage.start(program(stage, PYTHON, name), "/usr/bin/gunicorn", "-b", f"127.0.0.1:{port}", "-t", 600,
                                 "--worker-tmp-dir", "/dev/shm", *flags, "app:wsgi",
                                 env=environment(port, peer, sleep, UNIX_PEER=unix_peer, FILE=file), **where), port)


def uvicorn(stage, peer=None, sleep=None, name="", **where) -> Server:
    port = stage.port()
    app(stage, "app.py")
    return up(stage, stage.start(program(stage, PYTHON, name), "-m", "uvicorn", "--port", port, "--log-level", "warning",
                                 "app:asgi", env=environment(port, peer, sleep), **where), port)


def node(stage, peer=None, sleep=None, name="", **where) -> Server:
    port = stage.port()
    return up(stage, stage.start(program(stage, "/usr/bin/node", name), app(stage, "app.js"),
                                 env=environment(port, peer, sleep), **where), port)


def puma(stage, *flags, peer=None, sleep=None, name="", **where) -> Server:
    port = stage.port()
    app(stage, "config.ru")
    return up(stage, stage.start(program(stage, "/usr/bin/ruby", name), "/usr/bin/puma", "-b", f"tcp://127.0.0.1:{port}", *flags,
                                 stage.dir / "config.ru", env=environment(port, peer, sleep), **where), port)


def starman(stage, *flags, peer=None, sleep=None, **where) -> Server:
    port = stage.port()
    server = up(stage, stage.start("/usr/bin/starman", "--listen", f"127.0.0.1:{port}", *flags, app(stage, "app.psgi"),
                                   env=environment(port, peer, sleep), **where), port)
    # Master and workers give themselves different names: one asks about those that work.
    server.asked_by = stages.eventually(server.started.children, "there are workers")[0]
    return server


def uwsgi(stage, *flags, peer=None, sleep=None, name="", **where) -> Server:
    port = stage.port()
    app(stage, "app.py")
    return up(stage, stage.start(program(stage, "/usr/bin/uwsgi-core", name), "--plugin", "python311", "--http-socket", f"127.0.0.1:{port}",
                                 "--wsgi-file", stage.dir / "app.py", "--callable", "wsgi", *flags,
                                 env=environment(port, peer, sleep), **where), port)


def java(stage, threads=20, peer=None, sleep=None, name="", java="/usr/bin/java", flags=(), **where) -> Server:
    port = stage.port()
    return up(stage, stage.start(program(stage, java, name), "-Xmx128m", *flags, "-cp", classes(stage, "Server"), "Server",
                                 env=environment(port, peer, sleep, THREADS=threads), **where), port)


def classes(stage, name: str, jars=()):
    """NAME.java of workloads/, compiled once for all stages; -> a folder of this one."""
    cache = stages.cache_dir() / f"{name}.classes"
    source = WORKLOADS / f"{name}.java"
    with stages.locked(cache):
        if not cache.exists() or cache.stat().st_mtime < source.stat().st_mtime:
            fresh = cache.with_suffix(f".{os.getpid()}")
            path = ["-cp", ":".join(map(str, jars))] if jars else []
            stages.run_here("/usr/bin/javac", "--release", "17", *path, "-d", str(fresh), str(source))
            shutil.rmtree(cache, ignore_errors=True)
            fresh.rename(cache)
    copy = stage.dir / name
    shutil.copytree(cache, copy)
    return copy


def built(stage, name: str, *command):
    """A program of workloads/ that is compiled once for all stages; -> a copy on this one."""
    cache = stages.cache_dir() / name
    source = WORKLOADS / name
    with stages.locked(cache):
        if not cache.exists() or cache.stat().st_mtime < source.stat().st_mtime:
            cache.parent.mkdir(parents=True, exist_ok=True)
            fresh = cache.with_suffix(f".{os.getpid()}")
            stages.run_here(*[str(word).replace("SOURCE", str(source)).replace("RESULT", str(fresh)) for word in command])
            fresh.rename(cache)
    copy = stage.dir / name.replace(".", "-")
    shutil.copy(cache, copy)
    copy.chmod(0o755)
    return copy


def go(stage, peer=None, sleep=None, name="", **where) -> Server:
    port = stage.port()
    binary = built(stage, "server.go", "/usr/bin/go", "build", "-o", "RESULT", "SOURCE")
    return up(stage, stage.start(program(stage, binary, name), env=environment(port, peer, sleep), **where), port)


def php_fpm(stage, children=8, peer=None, sleep=None, name="", binary="/usr/sbin/php-fpm8.2", socket="", **where) -> Server:
    """`socket`: the path of a Unix socket to listen on, instead of a port."""
    port = stage.port()
    listen = socket or f"127.0.0.1:{port}"
    config = stage.file("fpm.conf", f"""[global]
error_log = /dev/stderr
daemonize = no
[www]
user = www-data
group = www-data
listen = {listen}
listen.mode = 0666
pm = static
pm.max_children = {children}
""")
    app(stage, "index.php")
    started = stage.start(program(stage, binary, name), "-F", "-y", config, "-c", stage.dir, **where)
    if not socket:
        stage.wait_for_port(port, started)
    else:
        stages.eventually(lambda: stages.is_socket(socket), "php-fpm listens")
    return Server(started.pid, port, started)


def fastcgi_demand(stage, where, path: str, clients: int = 20, pause: float = 1.0, peer=None, sleep=None):
    return stage.load("fastcgi_demand.py", where, stage.dir / "index.php", path, clients, pause,
                      env=environment(0, peer, sleep))
