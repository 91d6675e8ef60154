#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Goal: an access that libbpf could not relocate is named by program, instruction and field, where the
# kernel would get to it, and only there.
# Method: what `relocate` prints, with programs of a few instructions.
import struct
import unittest

import run
from reach import POISON


def insn(code, dst=0, src=0, off=0, imm=0):
    return struct.pack("<BBhi", code, src << 4 | dst, off, imm)


BAD, EXIT = insn(0x85, imm=POISON), insn(0x95)
READS = """says libbpf: prog 'll_snapshot': relo #5: <byte_off> [12] struct task_struct.on_cpu (0:1 @ offset 52)
says libbpf: prog 'll_snapshot': relo #5: matching candidate #0 <byte_off> [99] struct task_struct.on_cpu (0:7 @ offset 48)
says libbpf: prog 'll_snapshot': relo #5: insn #{0} (LDX/ST/STX) accesses field incorrectly. Make sure
says libbpf: prog 'll_snapshot': relo #5: substituting insn #{0} w/ invalid insn
""".format


class Judge(unittest.TestCase):
    def judge(self, text: str, code: bytes) -> list[str]:
        return run.judge_object(f"{text}program ll_snapshot {code.hex()}\n".splitlines())

    def test_a_field_in_the_way_is_named(self):
        self.assertEqual(self.judge(READS(0), BAD + EXIT), [
            "ll_snapshot: the kernel gets to what libbpf cannot relocate, at instruction 0 "
            "(task_struct.on_cpu)"])

    def test_one_that_is_never_got_to_is_not(self):
        skip = insn(0xb7, 2, imm=1) + insn(0x15, 2, off=1, imm=1)
        self.assertEqual(self.judge(READS(2), skip + BAD + EXIT), [])

    def test_a_function_that_libbpf_appended_is_counted_from_where_it_stands(self):
        text = ("says libbpf: prog 'll_snapshot': insn #0 relocated, imm 1 points to subprog 'look' "
                "(now at 2 offset)\n" + READS(1).replace("ll_snapshot", "look"))
        code = insn(0x85, src=1, imm=1) + EXIT + insn(0xb7) + BAD + EXIT
        self.assertIn("instruction 3 (task_struct.on_cpu)", self.judge(text, code)[0])

    def test_an_object_that_is_refused_as_a_whole_is_named_with_the_last_word(self):
        self.assertEqual(run.judge_object(["says libbpf: no such tracepoint", "error Invalid argument"]),
                         ["libbpf refuses it: Invalid argument; libbpf: no such tracepoint"])


if __name__ == "__main__":
    unittest.main()
