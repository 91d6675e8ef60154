#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Goal: what could not be relocated is found where a kernel would get to it, and passed over where not.
# Method: programs of a few instructions.
import struct
import unittest

from reach import POISON, poisoned, reached


def insn(code, dst=0, src=0, off=0, imm=0):
    return struct.pack("<BBhi", code, src << 4 | dst, off, imm)


def set_to(dst, imm):
    return insn(0xb7, dst, imm=imm)


BAD = insn(0x85, imm=POISON)
EXIT = insn(0x95)
CALL_HELPER = insn(0x85, imm=5)
LOAD_R1 = insn(0x79, 2, 1)  # r2 = *(u64 *)(r1 + 0)


def if_equal(dst, imm, off):
    return insn(0x15, dst, off=off, imm=imm)


class Reach(unittest.TestCase):
    def test_a_bad_access_in_the_way_is_found(self):
        self.assertEqual(poisoned(set_to(0, 0) + BAD + EXIT), [1])

    def test_behind_a_branch_that_is_always_taken_it_is_not(self):
        self.assertEqual(poisoned(set_to(2, 1) + if_equal(2, 1, 1) + BAD + EXIT), [])

    def test_behind_one_that_may_go_either_way_it_is(self):
        self.assertEqual(poisoned(LOAD_R1 + if_equal(2, 1, 1) + BAD + EXIT), [2])

    def test_a_width_that_differs_leads_to_the_other_way(self):
        self.assertEqual(poisoned(set_to(2, 8) + if_equal(2, 4, 1) + BAD + EXIT), [2])

    def test_32_bit_conditions_look_at_the_lower_half(self):
        wide = set_to(2, 1) + insn(0x67, 2, imm=32)  # r2 <<= 32
        self.assertEqual(poisoned(wide + insn(0x16, 2, off=1, imm=0) + BAD + EXIT), [])
        self.assertEqual(poisoned(wide + if_equal(2, 0, 1) + BAD + EXIT), [3])

    def test_a_constant_survives_on_the_stack_but_not_in_a_register_of_a_call(self):
        spilled = set_to(2, 1) + insn(0x7b, 10, 2, off=-8) + CALL_HELPER
        self.assertEqual(poisoned(spilled + insn(0x79, 3, 10, off=-8) + if_equal(3, 1, 1) + BAD + EXIT),
                         [])
        self.assertEqual(poisoned(set_to(2, 1) + CALL_HELPER + if_equal(2, 1, 1) + BAD + EXIT), [3])

    def test_what_is_written_over_on_the_stack_is_not_known(self):
        code = (set_to(2, 1) + insn(0x7b, 10, 2, off=-8) + insn(0x62, 10, off=-4, imm=7)
                + insn(0x79, 3, 10, off=-8) + if_equal(3, 1, 1) + BAD + EXIT)
        self.assertEqual(poisoned(code), [5])

    def test_functions_that_are_called_or_handed_on_count(self):
        call = insn(0x85, src=1, imm=1) + EXIT
        self.assertEqual(poisoned(call + BAD + EXIT), [2])
        callback = insn(0x18, 2, src=4, imm=2) + insn(0) + EXIT
        self.assertEqual(poisoned(callback + BAD + EXIT), [3])
        self.assertEqual(poisoned(EXIT + BAD + EXIT), [])

    def test_two_ways_that_meet_with_different_constants_leave_none(self):
        code = (LOAD_R1 + set_to(3, 1) + if_equal(2, 0, 1) + set_to(3, 2)
                + if_equal(3, 1, 1) + BAD + EXIT)
        self.assertEqual(poisoned(code), [5])

    def test_a_loop_ends(self):
        code = set_to(2, 0) + insn(0x07, 2, imm=1) + insn(0x55, 2, off=-2, imm=100) + EXIT
        self.assertEqual(reached(code), {0, 1, 2, 3})


if __name__ == "__main__":
    unittest.main()
