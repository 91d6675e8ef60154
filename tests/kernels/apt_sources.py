# SPDX-License-Identifier: Apache-2.0
"""The host's apt sources, for another suite of Debian. No I/O but in host_sources()."""
import pathlib
import re

SOURCES = [pathlib.Path("/etc/apt/sources.list"), pathlib.Path("/etc/apt/sources.list.d")]
OS_RELEASE = pathlib.Path("/etc/os-release")
# Only releases have suites of their own for updates and for security: sid, testing and backports
# get both in place.
SPLIT = ("bullseye", "bookworm", "trixie")


class NoSources(Exception):
    """One line that says why."""


def codename(os_release: str) -> str:
    found = re.search(r"^VERSION_CODENAME=(\w+)$", os_release, re.M)
    if not re.search(r"^ID=debian$", os_release, re.M) or not found:
        raise NoSources("the host must be Debian: kernels come from where its packages come from")
    return found[1]


def suites_instead(suites: list[str], here: str, suite: str) -> list[str]:
    """What stands for the suites of the host's release `here`; nothing for those of others."""
    found = []
    for each in suites:
        release, _, kind = each.partition("-")
        if release == here and not kind:
            found.append(suite)
        elif release == here and kind in ("updates", "security") and suite in SPLIT:
            found.append(f"{suite}-{kind}")
    return found


def stanza_for(stanza: str, here: str, suite: str) -> str | None:
    """A stanza of a .sources file; None: it has nothing of the suite."""
    named = re.search(r"^Suites:(.*(?:\n[ \t].*)*)", stanza, re.M)
    suites = suites_instead(named[1].split(), here, suite) if named else []
    if not suites:
        return None
    stanza = stanza[:named.start()] + f"Suites: {' '.join(suites)}" + stanza[named.end():]
    stanza = re.sub(r"^Types:.*$", "Types: deb", stanza, flags=re.M)
    return re.sub(r"^Architectures:.*\n?", "", stanza, flags=re.M).strip()


def line_for(line: str, here: str, suite: str) -> str | None:
    """The same for a line of a .list file."""
    parts = re.match(r"deb\s+(?:\[([^\]]*)\]\s+)?(\S+)\s+(\S+)\s+(.+)$", line.strip())
    suites = suites_instead([parts[3]], here, suite) if parts else []
    if not suites:
        return None
    options = [each for each in (parts[1] or "").split() if not each.startswith("arch=")]
    return " ".join(["deb", *([f"[{' '.join(options)}]"] if options else []),
                     parts[2], suites[0], parts[4]])


def sources_for(files: dict[str, str], here: str, suite: str) -> tuple[str, str]:
    """`files`: name -> text. -> (suffix of a sources file, its text)."""
    stanzas, lines = [], []
    for name, text in sorted(files.items()):
        if name.endswith(".sources"):
            stanzas += [stanza_for(each, here, suite) for each in re.split(r"\n\s*\n", text)]
        elif name.endswith(".list"):
            lines += [line_for(each, here, suite) for each in text.splitlines()]
    # Where both name the release, the newer style will do.
    for suffix, parts in ((".sources", stanzas), (".list", lines)):
        found = [each for each in parts if each]
        if found:
            return suffix, ("\n\n" if suffix == ".sources" else "\n").join(found) + "\n"
    raise NoSources(f"apt's sources do not name {here}")


def host_sources(suite: str) -> tuple[str, str]:
    paths = [path for place in SOURCES if place.exists()
             for path in (place.iterdir() if place.is_dir() else [place])]
    files = {path.name: path.read_text(encoding="utf-8") for path in paths
             if path.suffix in (".list", ".sources")}
    return sources_for(files, codename(OS_RELEASE.read_text(encoding="utf-8")), suite)
