# SPDX-License-Identifier: Apache-2.0
"""Which fields of the kernel a BPF object reads, by its own relocations (.BTF.ext)."""
import dataclasses
import pathlib
import struct

# enum bpf_core_relo_kind.
BYTE_OFFSET, BYTE_SIZE = 0, 1
FIELD_KINDS = range(6)
# BTF kinds.
INT, PTR, ARRAY, STRUCT, UNION, ENUM, TYPEDEF, VOLATILE, CONST, RESTRICT = 1, 2, 3, 4, 5, 6, 8, 9, 10, 11
TYPE_TAG, ENUM64 = 18, 19
ALIASES = (TYPEDEF, VOLATILE, CONST, RESTRICT, TYPE_TAG)
# Bytes that follow a type: a fixed number, or one for each member.
EXTRA = {INT: 4, ARRAY: 12, 14: 4, 17: 4}
EXTRA_EACH = {STRUCT: 12, UNION: 12, ENUM: 8, 13: 8, 15: 12, ENUM64: 12}
SIGNED = 1


@dataclasses.dataclass(frozen=True)
class Type:
    name: str
    kind: int
    bitfields: bool
    size: int  # Or the type that it refers to.
    extra: bytes

    def members(self) -> list[tuple[int, int, int]]:
        """-> (offset of the name, type, size in bits or 0)."""
        return [(name, of, offset >> 24 if self.bitfields else 0)
                for name, of, offset in struct.iter_unpack("<III", self.extra)]


@dataclasses.dataclass(frozen=True)
class Relocation:
    section: str
    insn: int     # Its number in the section.
    direct: bool  # A load or a store, whose width libbpf has to fit.
    kind: int
    field: str    # struct.field; of a flavour's struct, without its suffix.
    fits: bool    # libbpf can fit the width of a direct access: a pointer, unsigned, or a byte of many.
    scalar: bool  # An integer or an enum, and not one of many bytes.


class Btf:
    def __init__(self, data: bytes):
        _, _, _, size, types, types_len, names, names_len = struct.unpack_from("<HBBIIIII", data)
        self.names = data[size + names:size + names + names_len]
        self.types = [Type("void", 0, False, 0, b"")]
        at, end = size + types, size + types + types_len
        while at < end:
            name, info, value = struct.unpack_from("<III", data, at)
            kind = info >> 24 & 0x1f
            extra = EXTRA.get(kind, 0) + EXTRA_EACH.get(kind, 0) * (info & 0xffff)
            self.types.append(Type(self.name(name), kind, bool(info >> 31), value,
                                   data[at + 12:at + 12 + extra]))
            at += 12 + extra

    def name(self, offset: int) -> str:
        return self.names[offset:self.names.index(b"\0", offset)].decode()

    def plain(self, index: int) -> Type:
        while self.types[index].kind in ALIASES:
            index = self.types[index].size
        return self.types[index]

    def field(self, root: int, access: str) -> tuple[str, Type, bool, bool]:
        """-> (its path, its type, is it a bit-field, is it a byte of an array). `access` is as 0:3:1."""
        at, path, bits, byte = self.plain(root), [self.plain(root).name.partition("___")[0]], 0, False
        for index in [int(part) for part in access.split(":")][1:]:
            if at.kind == ARRAY:
                at, bits = self.plain(struct.unpack_from("<I", at.extra)[0]), 0
                byte = at.size == 1
                continue
            name, of, bits = at.members()[index]
            path += [self.name(name)] if name else []
            at, byte = self.plain(of), False
        return ".".join(path), at, bool(bits), byte


def sections_of(data: bytes) -> dict[str, bytes]:
    """Of an ELF file of 64 bits, little-endian."""
    table, = struct.unpack_from("<Q", data, 40)
    size, count, names_at = struct.unpack_from("<HHH", data, 58)
    headers = [struct.unpack_from("<IIQQQQ", data, table + i * size) for i in range(count)]
    names = data[headers[names_at][4]:headers[names_at][4] + headers[names_at][5]]
    return {names[header[0]:names.index(b"\0", header[0])].decode():
            data[header[4]:header[4] + header[5]] for header in headers}


def relocations_of(path: pathlib.Path) -> list[Relocation]:
    """Of fields only."""
    sections = sections_of(path.read_bytes())
    btf, ext = Btf(sections[".BTF"]), sections[".BTF.ext"]
    header_size, = struct.unpack_from("<I", ext, 4)
    begin, length = struct.unpack_from("<II", ext, 24)
    at, end = header_size + begin, header_size + begin + length
    record_size, = struct.unpack_from("<I", ext, at)
    at += 4
    found = []
    while at < end:
        name, count = struct.unpack_from("<II", ext, at)
        at += 8
        for _ in range(count):
            offset, root, access, kind = struct.unpack_from("<IIII", ext, at)
            at += record_size
            if kind not in FIELD_KINDS:
                continue
            field, of, bits, byte = btf.field(root, btf.name(access))
            if "." not in field:  # An address as a whole.
                continue
            section = btf.name(name)
            unsigned = of.kind == INT and not bits and not of.extra[3] & SIGNED
            found.append(Relocation(section, offset // 8,
                                    sections[section][offset] & 7 in (1, 2, 3), kind, field,
                                    of.kind == PTR or unsigned or byte,
                                    of.kind in (INT, ENUM, ENUM64) and not byte))
    return found


def loose(relocations: list[Relocation]) -> list[str]:
    """Accesses that do not follow the field's width, each as one line.

    A read of an integer through its address (bpf_probe_read_kernel, bit-fields), and a direct one that
    libbpf cannot fit, have to ask for the width; those that do come with one relocation for it each.
    """
    asked, held = {}, {}
    for each in relocations:
        place = (each.section, each.field)
        if each.kind == BYTE_SIZE:
            asked[place] = asked.get(place, 0) + 1
        elif each.kind == BYTE_OFFSET and (not each.fits if each.direct else each.scalar):
            held.setdefault(place, []).append(each.insn)
    return [f"{section}: {field} is accessed {len(insns)} times (instructions "
            f"{', '.join(map(str, insns))}), and its width asked for {asked.get((section, field), 0)} times"
            for (section, field), insns in sorted(held.items())
            if len(insns) > asked.get((section, field), 0)]
