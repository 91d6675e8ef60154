# SPDX-License-Identifier: Apache-2.0
"""Fetches the cloud kernels of Debian's releases through apt, and keeps them.

apt runs in a directory of its own (lists, cache, sources), so that the host's packages and sources
stay as they are. Where packages come from is what the host itself uses, with the name of the release
replaced: mirrors and proxies of the host serve here as well.
"""
import os
import pathlib
import re
import subprocess

# Kernel -> the release that has it.
RELEASES = {"5.10": "bullseye", "6.1": "bookworm", "6.12": "trixie"}
META_PACKAGE = "linux-image-cloud-amd64"
SOURCES = [pathlib.Path("/etc/apt/sources.list"), pathlib.Path("/etc/apt/sources.list.d")]


class CannotFetch(Exception):
    """One line that says why."""


def cache_dir() -> pathlib.Path:
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "loadline" / "kernels"


def host_release() -> str:
    text = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    found = re.search(r"^VERSION_CODENAME=(\w+)$", text, re.M)
    if not re.search(r"^ID=debian$", text, re.M) or not found:
        raise CannotFetch("the host must be Debian: kernels come from where its packages come from")
    return found[1]


def sources_for(release: str) -> str:
    """The host's Debian sources, one-line style and deb822, for another release."""
    here = host_release()
    parts = []
    for place in SOURCES:
        for path in sorted(place.iterdir()) if place.is_dir() else [place]:
            if path.suffix == ".sources":
                parts += [(stanza, ".sources") for stanza in
                          re.split(r"\n\s*\n", path.read_text(encoding="utf-8"))
                          if re.search(rf"^Suites:.*\b{here}\b", stanza, re.M)]
            elif path.suffix == ".list" and path.exists():
                parts += [(line, ".list") for line in
                          path.read_text(encoding="utf-8").splitlines()
                          if re.match(rf"deb\s.*\b{here}(?:-\w+)?\s", line)]
    if any(style == ".sources" for _, style in parts):  # Where both name it, the newer one will do.
        parts = [(part, style) for part, style in parts if style == ".sources"]
    styles = {style for _, style in parts}
    if not styles:
        raise CannotFetch(f"apt's sources do not name {here}")
    separator = "\n\n" if styles == {".sources"} else "\n"
    text = separator.join(re.sub(rf"\b{here}\b", release, part) for part, _ in parts)
    return styles.pop() + "\n" + text + "\n"


class PrivateApt:
    def __init__(self, home: pathlib.Path, release: str):
        for each in ("lists/partial", "cache/archives/partial"):
            (home / each).mkdir(parents=True, exist_ok=True)
        style, text = sources_for(release).split("\n", 1)
        sources = home / f"debian{style}"
        sources.write_text(text, encoding="utf-8")
        self.options = ["-q", "-o", f"Dir::Etc::sourcelist={sources}",
                        "-o", "Dir::Etc::sourceparts=-",
                        "-o", f"Dir::State::lists={home}/lists", "-o", f"Dir::Cache={home}/cache",
                        "-o", "APT::Sandbox::User="]
        self.home = home

    def run(self, tool: str, *words: str) -> str:
        done = subprocess.run([tool, *self.options, *words], cwd=self.home, text=True,
                              capture_output=True, check=False)
        if done.returncode != 0:
            last = (done.stderr.strip() or done.stdout.strip()).splitlines()[-1:]
            raise CannotFetch(f"{tool} {words[0]}: {' '.join(last)}")
        return done.stdout


def fetch(kernel: str) -> pathlib.Path:
    """-> its vmlinuz; from the cache if it is there."""
    home = cache_dir() / kernel
    image = home / "vmlinuz"
    if image.exists():
        return image
    home.mkdir(parents=True, exist_ok=True)
    apt = PrivateApt(home, RELEASES[kernel])
    apt.run("apt-get", "update")
    depends = apt.run("apt-cache", "depends", META_PACKAGE)
    package = re.search(r"Depends: (linux-image-\S+)", depends)
    if not package:
        raise CannotFetch(f"{META_PACKAGE} of {RELEASES[kernel]} names no kernel")
    apt.run("apt-get", "download", package[1])
    [deb] = home.glob(f"{package[1]}_*.deb")
    tree = home / "tree"
    subprocess.run(["dpkg-deb", "-x", deb, tree], check=True)
    [found] = (tree / "boot").glob("vmlinuz-*")
    found.rename(image)
    subprocess.run(["rm", "-rf", tree, deb, home / "lists", home / "cache"], check=True)
    return image
