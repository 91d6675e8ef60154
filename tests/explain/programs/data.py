# SPDX-License-Identifier: Apache-2.0
"""Databases, caches and brokers of Debian's packages."""
import pathlib

import release_root
import stage as stages
from programs.service import Server, program, up


def redis(stage, *flags, name="", binary="/usr/bin/redis-server", **where) -> Server:
    port = stage.port()
    return up(stage, stage.start(program(stage, binary, name), "--port", port, "--bind", "127.0.0.1", "--dir", stage.dir,
                                 "--save", "", *flags, **where), port)


def redis_cli(stage, server: Server, *words, binary="/usr/bin/redis-cli") -> str:
    return stage.run(binary, "-p", server.port, *words)


def postgres_home(stage) -> pathlib.Path:
    base = pathlib.Path("/") if stage.release == "bookworm" else release_root.root(stage.release)
    found = sorted((base / "usr/lib/postgresql").glob("*/bin/postgres"))
    if not found:
        raise AssertionError("PostgreSQL is not installed")
    return pathlib.Path("/") / found[-1].parent.relative_to(base)


def postgres(stage, *settings, name="", sockets=False, groups=()) -> Server:
    """`settings`: name=value. The superuser is postgres, without a password; the database as well."""
    home, data, port = postgres_home(stage), stage.own_dir("pgdata", "postgres"), stage.port()
    stage.run(home / "initdb", "-D", data, "-U", "postgres", "--auth=trust", "--no-sync", user="postgres", cwd=data)
    options = [word for each in ("fsync=off", *settings) for word in ("-c", each)]
    started = stage.start(program(stage, home / "postgres", name), "-D", data, "-p", port, "-h", "127.0.0.1", "-k", data,
                          *options, user="postgres", cwd=data, groups=groups)
    stage.wait_for_port(port, started)
    server = Server(started.pid, port, started)
    stages.eventually(lambda: psql_answers(stage, server), "PostgreSQL answers")
    return server


def psql(stage, server: Server, *sql) -> list:
    """The command that runs these statements, one after the other, in one session."""
    home = postgres_home(stage)
    return [home / "psql", "-h", "127.0.0.1", "-p", server.port, "-U", "postgres", "-X", "-q", "-t", "-A",
            *(word for each in sql for word in ("-c", each))]


def psql_answers(stage, server: Server) -> bool:
    try:
        return "1" in stage.run(*psql(stage, server, "SELECT 1"))
    except AssertionError:
        return False


def rows(stage, server: Server):
    stage.run(*psql(stage, server, "CREATE TABLE rows (id int PRIMARY KEY, value int)", "INSERT INTO rows VALUES (1, 0)"))


def lock_row(stage, server: Server, waiters: int):
    """One session changes a row and stays in its transaction; so many others want to change it."""
    stage.start(*psql(stage, server, "BEGIN", "UPDATE rows SET value = 1 WHERE id = 1", "SELECT pg_sleep(600)"))
    stages.eventually(lambda: "1" in stage.run(*psql(stage, server, "SELECT count(*) FROM pg_locks WHERE relation = 'rows'::regclass "
                                                     "AND mode = 'RowExclusiveLock'")), "a session holds the row")
    for _ in range(waiters):
        stage.start(*psql(stage, server, "UPDATE rows SET value = 2 WHERE id = 1"))


def memcached(stage, threads=4, name="", **where) -> Server:
    port = stage.port()
    return up(stage, stage.start(program(stage, "/usr/bin/memcached", name), "-u", "nobody", "-l", "127.0.0.1", "-p", port,
                                 "-t", threads, **where), port)


def mariadb(stage, *flags, name="", **where) -> Server:
    data, port = stage.own_dir("mysql", "mysql"), stage.port()
    common = ["--no-defaults", f"--datadir={data}", "--innodb-flush-method=fsync", "--innodb-buffer-pool-size=32M"]
    stage.run("/usr/bin/mariadb-install-db", "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal",
              "--skip-test-db", "--user=mysql")
    return up(stage, stage.start(program(stage, "/usr/sbin/mariadbd", name), *common, f"--socket={data}/sock", f"--port={port}",
                                 "--bind-address=127.0.0.1", "--user=mysql", "--skip-networking=0", *flags, **where), port)


def mariadb_client(stage, server: Server, sql: str) -> list:
    return ["/usr/bin/mariadb", "--no-defaults", "-h", "127.0.0.1", "-P", server.port, "-u", "root", "--skip-ssl", "-N", "-e", sql]


def rabbitmq(stage, **where) -> Server:
    """With a name server of Erlang nodes of its own, which ends with the stage."""
    port, dist, epmd = stage.port(), stage.port(), stage.port()
    home = stage.own_dir("rabbit")
    env = {"HOME": home, "RABBITMQ_NODENAME": f"n{port}@localhost", "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
           "RABBITMQ_NODE_PORT": port, "RABBITMQ_DIST_PORT": dist, "ERL_EPMD_PORT": epmd, "ERL_EPMD_ADDRESS": "127.0.0.1",
           "RABBITMQ_MNESIA_BASE": home / "mnesia", "RABBITMQ_LOG_BASE": home / "log", "RABBITMQ_LOGS": "-",
           "RABBITMQ_ENABLED_PLUGINS_FILE": home / "plugins", "RABBITMQ_CONF_ENV_FILE": home / "none",
           "RABBITMQ_PID_FILE": home / "pid", "RABBITMQ_GENERATED_CONFIG_DIR": home / "generated"}
    started = stage.start("/usr/lib/rabbitmq/bin/rabbitmq-server", env=env, **where)
    stage.wait_for_port(port, started)
    return Server(started.pid, port, started)


def beanstalkd(stage, name="", **where) -> Server:
    port = stage.port()
    return up(stage, stage.start(program(stage, "/usr/bin/beanstalkd", name), "-l", "127.0.0.1", "-p", port, **where), port)
