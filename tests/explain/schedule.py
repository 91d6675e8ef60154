# SPDX-License-Identifier: Apache-2.0
"""Which cases play at once: those that use no CPU by tens, those of one named group together, others alone. No I/O."""
from case import Case

AT_ONCE = 10


def groups(cases: dict[str, Case]) -> list[list[str]]:
    together: dict[str, list[str]] = {}
    alone = []
    for name in sorted(cases):
        if cases[name].group == "alone":
            alone.append([name])
        else:
            together.setdefault(cases[name].group, []).append(name)
    found = []
    for group in sorted(together):
        names = together[group]
        # Spread evenly, and programs that are alike (their names are, too) over different groups.
        count = -(-len(names) // AT_ONCE)
        found += [names[at::count] for at in range(count)]
    return found + alone
