#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Goal: a read that does not follow a field's width is refused, and the document is held to the objects.
# Method: relocations and tables, written here.
import unittest

from bpf_object import BYTE_OFFSET, BYTE_SIZE, Relocation, loose
from fields import complaints

NUMBER = {"fits": False, "scalar": True}
UNSIGNED = {"fits": True, "scalar": True}
POINTER = {"fits": True, "scalar": False}
BYTES = {"fits": False, "scalar": False}


def at(insn, direct, kind, of, field="task_struct.pid"):
    return Relocation("tp_btf/sched_switch", insn, direct, kind, field, **of)


class Loose(unittest.TestCase):
    def test_a_direct_read_of_a_signed_field_is_refused(self):
        self.assertEqual(loose([at(7, True, BYTE_OFFSET, NUMBER)]), [
            "tp_btf/sched_switch: task_struct.pid is accessed 1 times (instructions 7), and its width asked "
            "for 0 times"])

    def test_a_read_of_a_fixed_width_through_the_address_is_refused_whatever_the_sign(self):
        for of in (NUMBER, UNSIGNED):
            self.assertEqual(len(loose([at(7, False, BYTE_OFFSET, of)])), 1)

    def test_those_that_ask_for_the_width_pass(self):
        guarded = [at(1, False, BYTE_SIZE, NUMBER), at(3, True, BYTE_OFFSET, NUMBER),
                   at(5, False, BYTE_OFFSET, NUMBER), at(6, False, BYTE_SIZE, NUMBER)]
        self.assertEqual(loose(guarded), [])
        self.assertEqual(len(loose([*guarded, at(9, False, BYTE_OFFSET, NUMBER)])), 1)

    def test_one_fields_width_is_not_another_fields(self):
        self.assertEqual(len(loose([at(1, False, BYTE_SIZE, NUMBER, "task_struct.tgid"),
                                    at(3, True, BYTE_OFFSET, NUMBER)])), 1)

    def test_pointers_unsigned_integers_and_bytes_need_not(self):
        self.assertEqual(loose([at(1, True, BYTE_OFFSET, UNSIGNED), at(2, True, BYTE_OFFSET, POINTER),
                                at(3, False, BYTE_OFFSET, POINTER), at(4, False, BYTE_OFFSET, BYTES)]),
                         [])


TABLE = """
## Kernel fields

| Struct | Fields | For | Kernels | Where absent |
|---|---|---|---|---|
| `task_struct` | `pid`, `sched_info.run_delay` | who | all | |
| `pt_regs` | `syscallno` | the call | arm64 only | |

## Losses

| `other` | `table` | a | b | c |
"""


class Document(unittest.TestCase):
    def test_agreement_is_nothing_to_say(self):
        read = {"task_struct.pid", "task_struct.sched_info.run_delay"}
        self.assertEqual(complaints(TABLE, "x86", read), [])
        self.assertEqual(complaints(TABLE, "arm64", read | {"pt_regs.syscallno"}), [])

    def test_what_only_one_of_them_has_is_named(self):
        self.assertEqual(complaints(TABLE, "x86", {"task_struct.pid", "task_struct.on_cpu"}), [
            "task_struct.on_cpu: read, but not in the document",
            "task_struct.sched_info.run_delay: in the document, but not read"])


if __name__ == "__main__":
    unittest.main()
