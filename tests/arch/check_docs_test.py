#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Each rule of check_docs.py is seen to fail on a tiny bad tree."""
import pathlib
import tempfile
import unittest

import check_docs


class CheckDocsTest(unittest.TestCase):
    def errors(self, tree: dict[str, str]) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            root = pathlib.Path(folder)
            for name, text in tree.items():
                (root / name).parent.mkdir(parents=True, exist_ok=True)
                (root / name).write_text(text)
            return check_docs.errors_in(root)

    def test_links(self):
        self.assertEqual(self.errors({"a.md": "[b](docs/b.md) [c](https://x.org/y) [d](#one-two)\n"
                                              "# One, two\n", "docs/b.md": "[a](../a.md)\n"}), [])
        self.assertEqual(self.errors({"a.md": "[b](docs/b.md)\n"}),
                         ["a.md: no docs/b.md to link to"])
        self.assertEqual(self.errors({"a.md": "[b](#nowhere)\n"}),
                         ["a.md: no heading nowhere in a.md"])

    def test_make_targets(self):
        makefile = "help deps: x\n\techo\nX := 1\nbench-probes:\n\techo\n"
        for text in ["`make help`", "```\nmake deps\n```", "`make bench-NAME`", "make sure of it",
                     "`sudo make deps`"]:
            with self.subTest(text=text):
                self.assertEqual(self.errors({"a.md": text + "\n", "Makefile": makefile}), [])
        for text in ["`make nothing`", "```\ncd x\nmake nothing\n```", "`sudo make nothing`"]:
            with self.subTest(text=text):
                self.assertEqual(self.errors({"a.md": text + "\n", "Makefile": makefile}),
                                 ["a.md: the Makefile has no target nothing"])

    def test_records(self):
        self.assertEqual(self.errors({"docs/adr/0001-x.md": "x\n",
                                      "docs/adr/README.md": "[x](0001-x.md)\n"}), [])
        self.assertEqual(self.errors({"docs/adr/0001-x.md": "x\n"}),
                         ["docs/adr/README.md: does not list 0001-x.md"])
        self.assertEqual(self.errors({"docs/adr/0001-x.md": "x\n", "docs/adr/0001-y.md": "y\n",
                                      "docs/adr/README.md": "[x](0001-x.md) [y](0001-y.md)\n"}),
                         ["docs/adr: two records are numbered 0001"])

    def test_findings(self):
        self.assertEqual(self.errors({"findings/x.sh": "x\n",
                                      "findings/README.md": "[x](x.sh)\n"}), [])
        self.assertEqual(self.errors({"findings/x.sh": "x\n", "findings/README.md": "x\n"}),
                         ["findings/README.md: does not list x.sh"])


if __name__ == "__main__":
    unittest.main()
