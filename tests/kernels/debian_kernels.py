#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fetches kernels of Debian's archive through apt, and keeps them.

Usage: debian_kernels.py [KERNEL...]; prints where each image is. A kernel is VERSION, VERSION-rt or
VERSION-arm64, such as 6.12-rt; "newest" is the highest version that the archive has.

apt runs in directories of its own (lists, cache, sources, state), so that the host's packages and
sources stay as they are. Packages come from where the host's own come from, with the name of the
suite replaced: mirrors and proxies of the host serve here as well.
"""
import contextlib
import dataclasses
import fcntl
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

import apt_sources

# Those that are tried by name. The archive drops a kernel when its suite goes on to the next one.
KERNELS = ("5.10", "6.1", "6.12", "6.12-rt", "7.2", "7.3", "7.3-rt")
RELEASES = {"5.10": "bullseye", "6.1": "bookworm", "6.12": "trixie"}
# Where all others are, and the newest one among them.
NEW_SUITES = ("trixie-backports", "forky", "sid")
FLAVOURS = {"": "cloud-amd64", "rt": "rt-amd64", "arm64": "cloud-arm64"}
NAME = re.compile(r"(\d+\.\d+)(?:-(rt|arm64))?")


class CannotFetch(Exception):
    """One line: the kernel, and why."""


class Gone(CannotFetch):
    """No suite has it any more. That is no fault: others took its place."""


@dataclasses.dataclass(frozen=True)
class Offer:
    """The kernel that a suite has of a flavour."""
    suite: str
    version: str  # 7.3
    packages: tuple[str, ...]  # linux-image-7.3.1+deb13-cloud-amd64; of that version, the newest first.


def cache_dir() -> pathlib.Path:
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "loadline" / "kernels"


def parse_name(kernel: str) -> tuple[str, str]:
    """-> (version, flavour as names have it)."""
    found = NAME.fullmatch(kernel)
    if not found:
        raise CannotFetch(f"{kernel}: not a kernel's name, which is like 6.12, 6.12-rt or 6.12-arm64")
    return found[1], found[2] or ""


def as_numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def parse_offer(suite: str, shown: str) -> Offer | None:
    """`shown`: what apt-cache says of the package that depends on the suite's kernel, newest first."""
    found = []
    for stanza in re.split(r"\n\s*\n", shown):
        version = re.search(r"^Version: (?:\d+:)?(\d+\.\d+)", stanza, re.M)
        package = re.search(r"^(?:Pre-)?Depends:.*?\b(linux-image-\d\S*)", stanza, re.M)
        found += [(version[1], package[1])] if version and package else []
    packages = tuple(package for version, package in found if version == found[0][0])
    return Offer(suite, found[0][0], packages) if found else None


def image_package(package: str, shown: str) -> str:
    """The package with the image. Since 6.19, linux-image-* is empty and depends on it."""
    found = re.search(r"^(?:Pre-)?Depends:.*?\b(linux-binary-\d\S*)", shown, re.M)
    return found[1] if found else package


def is_image(path: str) -> bool:
    """Below /boot up to 7.1, beside its modules since."""
    return re.fullmatch(r"\./(?:boot/vmlinuz-[^/]+|usr/lib/modules/[^/]+/vmlinuz)", path) is not None


def gone(kernel: str, offers: list[Offer]) -> Gone:
    others = ", ".join(f"{offer.suite} has {offer.version}" for offer in offers)
    return Gone(f"{kernel}: not in the archive any more" + (f": {others}" if others else ""))


class PrivateApt:
    """For one suite and machine. The lists stay, so that they are fetched again only when they change."""

    def __init__(self, suite: str, machine: str, scratch: pathlib.Path):
        home = cache_dir() / "apt" / f"{suite}-{machine}"
        (home / "lists/partial").mkdir(parents=True, exist_ok=True)
        (scratch / "cache/archives/partial").mkdir(parents=True, exist_ok=True)
        suffix, text = apt_sources.host_sources(suite)
        sources = scratch / f"debian{suffix}"
        sources.write_text(text, encoding="utf-8")
        status = scratch / "status"  # Nothing is installed: the host's packages are of another suite.
        status.touch()
        self.suite, self.scratch, self.lock = suite, scratch, home / "lock"
        self.options = [
            "-q", "-o", f"Dir::Etc::sourcelist={sources}", "-o", "Dir::Etc::sourceparts=-",
            "-o", f"Dir::State::lists={home}/lists", "-o", f"Dir::State::status={status}",
            "-o", f"Dir::Cache={scratch}/cache", "-o", "APT::Sandbox::User=",
            "-o", "Acquire::Languages=none", "-o", "Acquire::GzipIndexes=true",
            "-o", f"APT::Architecture={machine}", "-o", f"APT::Architectures::={machine}"]

    def run(self, tool: str, *words: str) -> str:
        done = subprocess.run([tool, *self.options, *words], cwd=self.scratch, text=True,
                              capture_output=True, check=False,
                              env={**os.environ, "LC_ALL": "C"})
        if done.returncode != 0:
            last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise CannotFetch(f"{self.suite}: {tool} {words[0]}: {' '.join(last)}")
        return done.stdout

    def update(self):
        with self.lock.open("w", encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)  # apt does not wait for its own.
            self.run("apt-get", "update")

    def offer(self, flavour: str) -> Offer | None:
        """None: the suite does not have the flavour."""
        meta = f"linux-image-{FLAVOURS[flavour]}"
        if not self.run("apt-cache", "pkgnames", meta).split():
            return None
        return parse_offer(self.suite, self.run("apt-cache", "show", meta))

    def download(self, offer: Offer) -> pathlib.Path:
        """The newest that is there: mirrors name packages that they have no longer."""
        failed = []
        for package in offer.packages:
            try:
                package = image_package(package, self.run("apt-cache", "show", package))
                self.run("apt-get", "download", package)
            except CannotFetch as error:
                failed.append(error)
            found = list(self.scratch.glob("*.deb"))
            if found:
                return found[0]
        raise failed[0] if failed else CannotFetch(f"{self.suite}: nothing was downloaded")


@contextlib.contextmanager
def one_line(kernel: str):
    """Whatever goes wrong while a kernel is fetched ends as CannotFetch, which names it."""
    try:
        yield
    except CannotFetch as error:
        named = str(error).startswith(f"{kernel}: ")
        raise error if named else type(error)(f"{kernel}: {error}") from None
    except (OSError, subprocess.SubprocessError, tarfile.TarError, apt_sources.NoSources) as error:
        raise CannotFetch(f"{kernel}: {' '.join(str(error).split())}") from error


def machine_of(flavour: str) -> str:
    return "arm64" if flavour == "arm64" else "amd64"


def extract_image(package: pathlib.Path, image: pathlib.Path):
    """Whole or not at all, since others may look for it at the same time."""
    with subprocess.Popen(["dpkg-deb", "--fsys-tarfile", package], stdout=subprocess.PIPE) as unpack:
        with tarfile.open(fileobj=unpack.stdout, mode="r|") as tree:
            for member in tree:
                if is_image(member.name) and member.isfile():
                    part = image.with_name(f"{image.name}.{os.getpid()}")
                    with part.open("wb") as out:
                        shutil.copyfileobj(tree.extractfile(member), out)
                    part.rename(image)
        unpack.stdout.read()  # What follows the archive's end, so that dpkg-deb ends by itself.
    if not image.exists():
        raise CannotFetch(f"{package.name} holds no image of a kernel")


def find(kernel: str, scratch: pathlib.Path) -> tuple[PrivateApt, Offer]:
    version, flavour = parse_name(kernel)
    offers, unreachable = [], []
    for suite in [RELEASES[version]] if version in RELEASES else NEW_SUITES:
        apt = PrivateApt(suite, machine_of(flavour), scratch / suite)
        try:
            apt.update()
            offer = apt.offer(flavour)
        except CannotFetch as error:
            unreachable.append(error)
            continue
        if offer:
            offers.append(offer)
            if offer.version == version:
                return apt, offer
    raise unreachable[0] if unreachable else gone(kernel, offers)  # It may be where we cannot look.


def fetch(kernel: str) -> pathlib.Path:
    """-> its vmlinuz; from the cache if it is there. Raises nothing but CannotFetch."""
    image = cache_dir() / kernel / "vmlinuz"
    with one_line(kernel), tempfile.TemporaryDirectory() as scratch:
        parse_name(kernel)
        if not image.exists():
            image.parent.mkdir(parents=True, exist_ok=True)
            apt, offer = find(kernel, pathlib.Path(scratch))
            extract_image(apt.download(offer), image)
    return image


def newest_of(offers: list[Offer], flavour: str) -> str:
    version = max((offer.version for offer in offers), key=as_numbers)
    return f"{version}-{flavour}" if flavour else version


def newest(flavour: str = "") -> str:
    """The name of the newest kernel of the archive. A suite that cannot be had is left out."""
    offers, unreachable = [], []
    with one_line("newest"), tempfile.TemporaryDirectory() as scratch:
        for suite in NEW_SUITES:
            try:
                apt = PrivateApt(suite, machine_of(flavour), pathlib.Path(scratch) / suite)
                apt.update()
                offers += filter(None, [apt.offer(flavour)])
            except CannotFetch as error:
                unreachable.append(error)
        if not offers:
            raise unreachable[0] if unreachable else CannotFetch("no suite has the flavour")
    return newest_of(offers, flavour)


def main(kernels: list[str]) -> int:
    code = 0
    for kernel in kernels:
        try:
            name = newest() if kernel == "newest" else kernel
            print(f"{name} {fetch(name)}", flush=True)
        except Gone as error:
            print(f"left out: {error}", flush=True)
        except CannotFetch as error:
            print(error, file=sys.stderr)
            code = 1
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] or [*KERNELS, "newest"]))
