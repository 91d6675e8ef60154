#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Goal: a kernel's types are found in each form of image that Debian ships.
# Method: images of a few kilobytes, packed here.
import gzip
import lzma
import pathlib
import struct
import tempfile
import unittest

import kernel_btf

TYPES = b"\1" * (1 << 17)
NAMES = b"\0int\0"
BTF = struct.pack("<HBBIIIII", 0xeb9f, 1, 0, 24, 0, len(TYPES), len(TYPES), len(NAMES)) + TYPES + NAMES
# What looks like a header and is none comes first.
KERNEL = b"\x7fELF" + struct.pack("<H", 0xeb9f) + b"\xff" * 99 + BTF + b"rest"


def bz_image(packed: bytes) -> bytes:
    image = bytearray(0x400)
    image[0x1f1] = 1
    image[0x202:0x206] = b"HdrS"
    struct.pack_into("<II", image, 0x248, 0x10, len(packed))
    return bytes(image) + b"\0" * 0x10 + packed + b"tail"


class KernelBtf(unittest.TestCase):
    def btf_of(self, image: bytes) -> bytes:
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "vmlinuz"
            path.write_bytes(image)
            return kernel_btf.btf_of(path).read_bytes()

    def test_it_is_found_in_packed_images_of_x86(self):
        size = struct.pack("<I", len(KERNEL))  # Which the kernel's build appends.
        for packed in (gzip.compress(KERNEL), lzma.compress(KERNEL, check=lzma.CHECK_CRC32)):
            self.assertEqual(self.btf_of(bz_image(packed + size)), BTF)

    def test_it_is_found_in_images_of_arm64(self):
        packed = gzip.compress(KERNEL)
        zboot = b"MZ\0\0zimg" + struct.pack("<II", 0x40, len(packed))
        for image in (KERNEL, packed, zboot.ljust(0x40, b"\0") + packed):
            self.assertEqual(self.btf_of(image), BTF)

    def test_an_image_without_it_is_one_line(self):
        with self.assertRaisesRegex(kernel_btf.NoBtf, "has no BTF"):
            self.btf_of(bz_image(gzip.compress(b"\x7fELF" + b"\0" * 999)))
        with self.assertRaisesRegex(kernel_btf.NoBtf, "cannot be unpacked"):
            self.btf_of(bz_image(b"\x1f\x8b\x08" + b"\xff" * 99))


if __name__ == "__main__":
    unittest.main()
