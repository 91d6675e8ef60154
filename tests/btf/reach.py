# SPDX-License-Identifier: Apache-2.0
"""Which instructions of a relocated program a kernel would look at.

libbpf turns an access that it cannot relocate into a call that no kernel takes. That is an error only
where the verifier gets to it, which follows no branch whose outcome it knows: so are accesses guarded
by bpf_core_field_exists() and the like, which are constants after relocation. Constants are followed
here through registers and through the stack's spilled ones; whatever else a register may hold is not
known, so that both ways of such a branch are looked at.
"""
import struct

LD, LDX, ST, STX, ALU, JMP, JMP32, ALU64 = range(8)
CALL, EXIT, JA = 8, 9, 0
PSEUDO_CALL, PSEUDO_FUNC = 1, 4
FRAME = 10
POISON = 195896080  # Of libbpf: 0xbad2310, to be read as "bad relo".
MASK = {True: (1 << 64) - 1, False: (1 << 32) - 1}

ARITHMETIC = {
    0x0: lambda a, b, bits: a + b, 0x1: lambda a, b, bits: a - b, 0x2: lambda a, b, bits: a * b,
    0x4: lambda a, b, bits: a | b, 0x5: lambda a, b, bits: a & b,
    0x6: lambda a, b, bits: a << (b % bits), 0x7: lambda a, b, bits: a >> (b % bits),
    0xa: lambda a, b, bits: a ^ b, 0xb: lambda a, b, bits: b,
    0xc: lambda a, b, bits: signed(a, bits) >> (b % bits),
}
CONDITIONS = {
    0x1: lambda a, b, bits: a == b, 0x2: lambda a, b, bits: a > b, 0x3: lambda a, b, bits: a >= b,
    0x4: lambda a, b, bits: bool(a & b), 0x5: lambda a, b, bits: a != b,
    0x6: lambda a, b, bits: signed(a, bits) > signed(b, bits),
    0x7: lambda a, b, bits: signed(a, bits) >= signed(b, bits),
    0xa: lambda a, b, bits: a < b, 0xb: lambda a, b, bits: a <= b,
    0xc: lambda a, b, bits: signed(a, bits) < signed(b, bits),
    0xd: lambda a, b, bits: signed(a, bits) <= signed(b, bits),
}


def signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) & 1 else value


def decode(code: bytes) -> list[tuple[int, int, int, int, int]]:
    """-> (code, dst, src, off, imm) of each."""
    return [(op, regs & 15, regs >> 4, off, imm)
            for op, regs, off, imm in struct.iter_unpack("<BBhi", code)]


def arithmetic(insn, known: dict):
    """Changes `known`, which maps registers and ("stack", offset) to constants."""
    op, dst, src, _, imm = insn
    wide = op & 7 == ALU64
    second = known.get(src) if op & 8 else imm & MASK[wide]
    first = known.get(dst, 0 if op >> 4 == 0xb else None)
    known.pop(dst, None)
    if first is not None and second is not None and op >> 4 in ARITHMETIC:
        bits = 64 if wide else 32
        result = ARITHMETIC[op >> 4](first & MASK[wide], second & MASK[wide], bits)
        known[dst] = result & MASK[wide]


def access(insn, known: dict):
    op, dst, src, off, _ = insn
    kind, wide = op & 7, op & 0x18 == 0x18
    if kind == LDX:
        value = known.get(("stack", off)) if src == FRAME and wide else None
        known.pop(dst, None)
        if value is not None:
            known[dst] = value
    elif dst == FRAME:
        for slot in [key for key in known if isinstance(key, tuple) and abs(key[1] - off) < 8]:
            del known[slot]
        if kind == STX and wide and src in known:
            known["stack", off] = known[src]


def branches(insn, at: int, known: dict) -> list[int]:
    """Where it may go on."""
    op, dst, src, off, imm = insn
    condition = op >> 4
    if condition == JA:
        return [at + 1 + off]
    wide = op & 7 == JMP
    first, second = known.get(dst), known.get(src) if op & 8 else imm & MASK[wide]
    if first is None or second is None:
        return [at + 1, at + 1 + off]
    taken = CONDITIONS[condition](first & MASK[wide], second & MASK[wide], 64 if wide else 32)
    return [at + 1 + off] if taken else [at + 1]


def step(insn, at: int, known: dict) -> tuple[list[int], list[int]]:
    """-> (where it may go on, functions that begin there). Changes `known`."""
    op, dst, src, _, imm = insn
    kind = op & 7
    if kind in (ALU, ALU64):
        arithmetic(insn, known)
    elif kind in (LDX, ST, STX):
        access(insn, known)
    elif kind == LD:  # Two instructions long.
        known.pop(dst, None)
        return [at + 2], [at + 1 + imm] if src == PSEUDO_FUNC else []
    elif op >> 4 == EXIT:
        return [], []
    elif op >> 4 == CALL:
        for register in range(6):
            known.pop(register, None)
        return [at + 1], [at + 1 + imm] if src == PSEUDO_CALL else []
    else:
        return branches(insn, at, known), []
    return [at + 1], []


def reached(code: bytes) -> set[int]:
    """The numbers of the instructions that may run, from the first one on."""
    insns = decode(code)
    states: dict[int, dict] = {0: {}}
    waiting = [0]
    while waiting:
        at = waiting.pop()
        known = dict(states[at])
        following, functions = step(insns[at], at, known)
        for place, state in [(each, known) for each in following] + [(each, {}) for each in functions]:
            before = states.get(place)
            joined = state if before is None else {
                key: value for key, value in before.items() if state.get(key) == value}
            if before is None or joined != before:
                states[place] = dict(joined)
                waiting.append(place)
    return set(states)


def poisoned(code: bytes) -> list[int]:
    """Of the instructions that may run, those that libbpf could not relocate."""
    insns = decode(code)
    return sorted(at for at in reached(code)
                  if insns[at][0] == 0x85 and insns[at][2] == 0 and insns[at][4] == POISON)
