# SPDX-License-Identifier: Apache-2.0
"""The type information (BTF) inside an image of a kernel, without booting it."""
import lzma
import pathlib
import shutil
import struct
import subprocess
import zlib


class NoBtf(Exception):
    """One line that says why."""


def by_program(program: str, data: bytes) -> bytes:
    if shutil.which(program) is None:
        raise NoBtf(f"needs {program} to unpack the image")
    # What follows the packed part is no error of its own: the result is looked at anyway.
    return subprocess.run([program, "-dc"], input=data, capture_output=True, check=False).stdout


# How a packed kernel begins -> what unpacks it.
PACKERS = {
    b"\x1f\x8b\x08": lambda data: zlib.decompressobj(31).decompress(data),
    b"\xfd7zXZ\0": lambda data: lzma.LZMADecompressor().decompress(data),
    b"\x28\xb5\x2f\xfd": lambda data: by_program("zstd", data),
    b"\x02\x21\x4c\x18": lambda data: by_program("lz4", data),
}
MAGIC = 0xeb9f
HEADER = struct.Struct("<HBBIIIII")


def unpack(data: bytes) -> bytes:
    for magic, unpacker in PACKERS.items():
        if data.startswith(magic):
            return unpacker(data)
    return data  # arm64 up to some releases: as it is run.


def payload(image: bytes) -> bytes:
    """What the boot stub unpacks."""
    if image[0x202:0x206] == b"HdrS":  # x86: Documentation/arch/x86/boot.rst.
        offset, length = struct.unpack_from("<II", image, 0x248)
        begin = (image[0x1f1] + 1) * 512 + offset
        return image[begin:begin + length]
    if image[4:8] == b"zimg":  # arm64 as an EFI program that unpacks itself.
        offset, length = struct.unpack_from("<II", image, 8)
        return image[offset:offset + length]
    return image


def find_btf(kernel: bytes) -> bytes:
    """By its header, as images of arm64 have no sections."""
    at = kernel.find(struct.pack("<H", MAGIC))
    while at >= 0:
        if at + HEADER.size <= len(kernel):
            _, version, _, size, types, types_len, names, names_len = HEADER.unpack_from(kernel, at)
            end = at + size + names + names_len
            if (version == 1 and HEADER.size <= size <= 256 and types == 0 and names >= types_len
                    and types_len > 1 << 16 and end <= len(kernel)
                    and kernel[at + size + names] == 0 and kernel[end - 1] == 0):
                return kernel[at:end]
        at = kernel.find(struct.pack("<H", MAGIC), at + 1)
    raise NoBtf("the image has no BTF")


def btf_of(image: pathlib.Path) -> pathlib.Path:
    """Kept beside the image. Raises nothing but NoBtf."""
    found = image.with_name("btf")
    if not found.exists():
        try:
            found.write_bytes(find_btf(unpack(payload(image.read_bytes()))))
        except (OSError, zlib.error, lzma.LZMAError, struct.error) as error:
            raise NoBtf(f"the image cannot be unpacked: {error}") from error
    return found
