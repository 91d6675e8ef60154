# SPDX-License-Identifier: Apache-2.0
"""The figures of a run, flat, and the table for a person. No I/O."""
from judge import COLUMNS, Cell

RIGHT_MIN = 0.95


def part(some: float, of: float) -> float:
    return round(some / of, 4) if of else 0.0


def figures(cells: list[Cell]) -> dict[str, float]:
    found: dict[str, float] = {}
    for column in COLUMNS:
        here = [cell for cell in cells if cell.column == column]
        named = [cell for cell in here if cell.right_culprit is not None]
        found[f"{column}_cases"] = len(here)
        found[f"{column}_right_cause"] = part(sum(cell.right_cause for cell in here), len(here))
        found[f"{column}_right_culprit"] = part(sum(cell.right_culprit for cell in named), len(named))
        found[f"{column}_right"] = part(sum(cell.right for cell in here), len(here))
        found[f"{column}_right_severity"] = part(sum(cell.right_severity for cell in here), len(here))
    found["harmful_advice"] = sum(bool(cell.harmful) for cell in cells)
    found["not_played"] = sum(bool(cell.problem) for cell in cells)
    found["idle_shown_idle"] = part(sum(cell.idle for cell in cells), sum(cell.threads for cell in cells))
    found["waiting_shown_waiting"] = part(sum(cell.waiting for cell in cells),
                                          sum(cell.waiting_expected for cell in cells))
    return found


def falls_short(found: dict[str, float], columns) -> list[str]:
    """What is below the bounds, of the columns that were played."""
    wrong = [f"{column}: {found[f'{column}_right']:.0%} of the cells are right, wanted {RIGHT_MIN:.0%}"
             for column in columns if found[f"{column}_cases"] and found[f"{column}_right"] < RIGHT_MIN]
    if found["harmful_advice"]:
        wrong.append(f"{found['harmful_advice']} cells say what must not be said")
    return wrong


def mark(cell: Cell | None) -> str:
    if cell is None:
        return ""
    if cell.problem:
        return "not played"
    text = "ok" if cell.right else cell.cause if not cell.right_cause else f"{cell.cause} ({cell.culprit or 'nobody'})"
    if cell.right_cause and not cell.right_severity or not cell.right_cause:
        text += f", {cell.severity}"
    return f"HARM {text}" if cell.harmful else text


def table(cells: list[Cell], columns, wanted: dict[str, str], only_wrong: bool = False) -> str:
    """A row for each case; `wanted` has the right answer by case."""
    by_case: dict[str, dict[str, Cell]] = {}
    for cell in cells:
        by_case.setdefault(cell.case, {})[cell.column] = cell
    rows = [["case", "wanted", *columns]]
    for name, row in sorted(by_case.items()):
        if only_wrong and all(cell.right and not cell.harmful for cell in row.values()):
            continue
        rows.append([name, wanted.get(name, ""), *(mark(row.get(column))[:34] for column in columns)])
    widths = [max(len(row[at]) for row in rows) for at in range(len(rows[0]))]
    return "\n".join("  ".join(word.ljust(width) for word, width in zip(row, widths)).rstrip() for row in rows)
