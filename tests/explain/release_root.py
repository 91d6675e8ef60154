# SPDX-License-Identifier: Apache-2.0
"""Another Debian in a directory of its own, where its programs run beside those of the host.

Made with debootstrap from where the host's packages come from, below the user's cache directory, and kept. Programs run
there in a mount namespace of their own, which has the host's /proc, /dev and the stage's directory, and which goes when
they end.
"""
import fcntl
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "kernels"))
import apt_sources  # noqa: E402  Where the host's packages come from, for another suite.


class NoRoot(Exception):
    """One line that says why there is none."""


def cache_dir() -> pathlib.Path:
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "loadline" / "roots"


def root(release: str) -> pathlib.Path:
    return cache_dir() / release


def inside(release: str, command: list[str], cwd, shared: pathlib.Path) -> list[str]:
    """The command that runs `command` in the root of the release, where `shared` is at its own path."""
    base = root(release)
    steps = [f"mkdir -p {shlex.quote(str(base))}{shlex.quote(str(shared))}",
             f"mount --rbind /proc {base}/proc", f"mount --rbind /dev {base}/dev", f"mount --rbind /sys {base}/sys",
             f"mount --bind {shared} {base}{shared}",
             f"exec chroot {base} /usr/bin/env -C {shlex.quote(str(cwd))} {shlex.join(command)}"]
    return ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-e", "-c", "\n".join(steps)]


def chown(release: str, path: pathlib.Path, user: str):
    """By the numbers that the release gives its users."""
    for line in (root(release) / "etc/passwd").read_text().splitlines():
        name, _, uid, gid, *_ = line.split(":")
        if name == user:
            os.chown(path, int(uid), int(gid))
            return
    raise AssertionError(f"{release} has no user {user}")


def installed(release: str) -> set[str]:
    status = root(release) / "var/lib/dpkg/status"
    found, name = set(), ""
    for line in status.read_text(errors="replace").splitlines() if status.exists() else []:
        if line.startswith("Package: "):
            name = line[9:]
        elif line == "Status: install ok installed":
            found.add(name)
    return found


def mirror(release: str) -> str:
    _, text = apt_sources.host_sources(release)
    for line in text.splitlines():
        words = line.split()
        if line.startswith("URIs:"):
            return words[1]
        if line.startswith("deb "):
            return next(word for word in words if "://" in word)
    raise NoRoot("apt's sources name no mirror")


def run(command: list[str], log: pathlib.Path):
    with open(log, "ab") as output:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False,
                              env=os.environ | {"DEBIAN_FRONTEND": "noninteractive", "LC_ALL": "C"})
    if done.returncode != 0:
        raise NoRoot(f"{command[0]} failed, see {log}")


def provide(release: str, packages: set[str]):
    """Makes the root, and installs what is missing there. One runner at a time."""
    base = root(release)
    base.parent.mkdir(parents=True, exist_ok=True)
    log = base.parent / f"{release}.log"
    with open(base.parent / f"{release}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (base / "usr/sbin/policy-rc.d").exists():
            if shutil.which("debootstrap") is None:
                raise NoRoot("needs debootstrap")
            shutil.rmtree(base, ignore_errors=True)
            try:
                run(["debootstrap", "--variant=minbase", release, str(base), mirror(release)], log)
            except apt_sources.NoSources as error:
                raise NoRoot(str(error)) from None
            suffix, text = apt_sources.host_sources(release)
            for each in (base / "etc/apt").glob("sources.list*"):
                shutil.rmtree(each) if each.is_dir() else each.unlink()
            (base / "etc/apt/sources.list.d").mkdir()
            (base / f"etc/apt/sources.list.d/host{suffix}").write_text(text)
            # No service may start where packages are installed.
            policy = base / "usr/sbin/policy-rc.d"
            policy.write_text("#!/bin/sh\nexit 101\n")
            policy.chmod(0o755)
        if missing := sorted(packages - installed(release)):
            here = ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-e", "-c",
                    f"mount --rbind /proc {base}/proc; mount --rbind /dev {base}/dev; exec chroot {base} " + '"$@"', "sh"]
            run([*here, "apt-get", "update"], log)
            run([*here, "apt-get", "install", "-y", "--no-install-recommends", *missing], log)
