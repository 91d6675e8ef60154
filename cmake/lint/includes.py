# SPDX-License-Identifier: Apache-2.0
"""Which files of the tree include a header, by a scan of their #include lines."""
import collections
import os
import pathlib
import re

INCLUDE = re.compile(r'^\s*#\s*include\s*[<"]([^>"]+)[>"]', re.MULTILINE)
# A header may be included by its path in the tree, or by what follows one of these.
FOLDERS = ("/include/", "/support/", "/src/")


class Includes:
    """Conditional compilation is not followed, and of two headers with one name both are meant: a
    file counts as including a header rather too often than too rarely."""

    def __init__(self, root: pathlib.Path, files: set[str]):
        self._files = files
        self._named: dict[str, set[str]] = collections.defaultdict(set)
        for path in files:
            for name in [path, *(path.split(part, 1)[1] for part in FOLDERS if part in path)]:
                self._named[name].add(path)
        self._includers: dict[str, set[str]] = collections.defaultdict(set)
        for path in files:
            for name in INCLUDE.findall((root / path).read_text(errors="replace")):
                for header in self._meant(name, path):
                    self._includers[header].add(path)

    def _meant(self, name: str, includer: str) -> set[str]:
        beside = os.path.normpath(os.path.join(os.path.dirname(includer), name))
        return {beside} if beside in self._files else self._named.get(name, set())

    def includers(self, header: str) -> set[str]:
        """All files that include it, directly or through others."""
        found: set[str] = set()
        next_ones = [header]
        while next_ones:
            fresh = self._includers[next_ones.pop()] - found
            found |= fresh
            next_ones += fresh
        return found
