#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Documents point at what exists: links, anchors, `make` targets, decision records, findings;
and the glossary has each term once, with every symbol of docs/control.md.

Usage: check_docs.py ROOT. One line per breach, exit 1 where there is one.
"""
import pathlib
import re
import sys

from check_tree import files_of

GLOSSARY = "docs/GLOSSARY.md"
# Capitals that stand alone, such as K, R0, N_q or Q*; neither words (A, I/O) nor names (S10a).
SYMBOL = re.compile(r"(?<![\w/.-])(?!A\b)[A-Z](?:0|_[a-z])?(?:\*|\b)(?![\w/])")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)


def anchors_of(text: str) -> set[str]:
    """As GitHub makes them: lower case, punctuation gone, spaces to dashes."""
    headings = re.findall(r"^#+ +(.+?)\s*$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def link_errors(root: pathlib.Path, path: pathlib.PurePath, text: str) -> list[str]:
    errors = []
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text)):
        if re.match(r"[a-z]+:", link):
            continue  # Elsewhere: not ours to keep, and tests do not use the network.
        name, _, anchor = link.partition("#")
        target = (root / path.parent / name) if name else root / path
        if not target.exists():
            errors.append(f"{path}: no {name} to link to")
        elif anchor and target.suffix == ".md" and anchor not in anchors_of(target.read_text()):
            errors.append(f"{path}: no heading {anchor} in {name or path.name}")
    return errors


def make_targets(root: pathlib.Path) -> set[str]:
    makefile = root / "Makefile"
    text = makefile.read_text() if makefile.exists() else ""
    heads = re.findall(r"^([\w%.-][\w%. -]*):(?!=)", text, re.MULTILINE)
    return {target for head in heads for target in head.split()}


def make_errors(path: pathlib.PurePath, text: str, targets: set[str]) -> list[str]:
    errors = []
    for code in FENCE.findall(text) + re.findall(r"`[^`\n]+`", FENCE.sub("", text)):
        for name in re.findall(r"(?:^|[`;&|$]|sudo)\s*make ([a-z][\w-]*)", code, re.MULTILINE):
            # `bench-` stands for a family, written `make bench-NAME`.
            patterns = {re.escape(target).replace("%", ".+") for target in targets}
            family = name.endswith("-") or name.endswith("-NAME")
            known = (any(re.fullmatch(pattern, name) for pattern in patterns) if not family
                     else any(target.startswith(name.removesuffix("NAME")) for target in targets))
            if not known:
                errors.append(f"{path}: the Makefile has no target {name}")
    return errors


def record_errors(root: pathlib.Path) -> list[str]:
    folder = root / "docs/adr"
    index = (folder / "README.md").read_text() if (folder / "README.md").exists() else ""
    records = sorted(folder.glob("[0-9]*.md"))
    errors = [f"docs/adr/README.md: does not list {record.name}" for record in records
              if f"({record.name})" not in index]
    numbers = [record.name[:4] for record in records]
    errors += [f"docs/adr: two records are numbered {number}"
               for number in sorted({n for n in numbers if numbers.count(n) > 1})]
    return errors


def finding_errors(root: pathlib.Path) -> list[str]:
    readme = root / "findings/README.md"
    index = readme.read_text() if readme.exists() else ""
    scripts = sorted((root / "findings").glob("*.sh"))
    return [f"findings/README.md: does not list {script.name}" for script in scripts
            if f"({script.name})" not in index]


def glossary_errors(root: pathlib.Path) -> list[str]:
    if not (root / GLOSSARY).exists():
        return []
    text = (root / GLOSSARY).read_text()
    rows = re.findall(r"^\| ([^|]+?) \|.*\| ([^|]*) \|$", text, re.MULTILINE)
    rows = [(term, where) for term, where in rows if term not in {"Term", "---"}]
    terms = [term for term, _ in rows]
    errors = [f"{GLOSSARY}: {term} stands there twice"
              for term in sorted({term for term in terms if terms.count(term) > 1})]
    errors += [f"{GLOSSARY}: {term} is in no {path}" for term, where in rows
               for path in re.findall(r"`([\w.-]+/[\w./-]+)`", where) if not (root / path).exists()]
    control = root / "docs/control.md"
    symbols = set(SYMBOL.findall(control.read_text() if control.exists() else ""))
    return errors + [f"docs/control.md: {symbol} is not in {GLOSSARY}"
                     for symbol in sorted(symbols - set(terms))]


def errors_in(root: pathlib.Path) -> list[str]:
    targets, errors = make_targets(root), record_errors(root)
    errors += finding_errors(root) + glossary_errors(root)
    for path in files_of(root):
        if path.suffix == ".md":
            text = (root / path).read_text()
            errors += link_errors(root, path, text) + make_errors(path, text, targets)
    return errors


if __name__ == "__main__":
    found = errors_in(pathlib.Path(sys.argv[1]))
    print("\n".join(found) or "documents point at what exists")
    sys.exit(1 if found else 0)
