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

    def test_glossary(self):
        def rows(*rows: str) -> str:
            return "".join(f"| {row} |\n" for row in ("Term | Meaning | Where", *rows))
        term = "K | Knee: `K = x`. | `a.h`, `b/c.h`"
        tree = {"b/c.h": "", "docs/control.md": "A pool of K threads, I/O, S10a.\n",
                "docs/GLOSSARY.md": rows(term, "pool | Threads. | ")}
        self.assertEqual(self.errors(tree), [])
        self.assertEqual(self.errors({**tree, "docs/control.md": "K = C f, and N_q > Q*\n"}), [
            f"docs/control.md: {symbol} is not in docs/GLOSSARY.md"
            for symbol in ("C", "N_q", "Q*")])
        self.assertEqual(self.errors({**tree, "docs/GLOSSARY.md": rows(term, "K | Again. | ")}),
                         ["docs/GLOSSARY.md: K stands there twice"])
        self.assertEqual(self.errors({**tree, "docs/GLOSSARY.md": rows("K | Knee. | `b/d.h`")}),
                         ["docs/GLOSSARY.md: K is in no b/d.h"])


if __name__ == "__main__":
    unittest.main()
