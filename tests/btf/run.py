#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Goal: the objects of a build from any kernel's types load on every kernel that is supported.
# Method: takes the types (BTF) out of Debian's images, builds the objects from each of them beside those
# of this build, has libbpf relocate all against each, and looks for an instruction that could not be
# relocated and that the kernel would get to.
"""Usage: run.py BUILD JSON [KERNEL...], where BUILD is build/<preset>.

A KERNEL is named as by tests/kernels/debian_kernels.py; "newest" and "newest-arm64" are found. Exits
with 77, and says why, where a kernel cannot be had and nothing else is wrong.
"""
import functools
import json
import pathlib
import platform
import re
import subprocess
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent / "kernels"))
import debian_kernels  # noqa: E402
import fields  # noqa: E402
import kernel_btf  # noqa: E402
import reach  # noqa: E402

OBJECTS = ("loadline_bpf", "loadline_look_bpf", "loadline_holders_bpf", "loadline_wakeups_bpf",
           "loadline_blame_bpf", "loadline_doors_bpf")
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HOST = "arm64" if platform.machine() == "aarch64" else "x86"
ARM64 = [f"{kernel}-arm64" for kernel in ("5.10", "6.1", "6.12", "7.2", "7.3", "newest")]


def machine_of(kernel: str) -> str:
    return "arm64" if kernel.endswith("-arm64") else "x86"


@functools.cache
def newest() -> str:
    return debian_kernels.newest()


def resolved(kernel: str) -> str:
    """arm64's newest is amd64's: that takes the lists of one machine only."""
    return kernel.replace("newest", newest()) if kernel.startswith("newest") else kernel


def fetch_all(kernels: list[str]) -> tuple[dict[str, pathlib.Path], bool]:
    """-> (kernel -> its BTF, whether all could be had). Prints a line for each that is left out."""
    found, complete = {}, True
    for kernel in kernels:
        try:
            name = resolved(kernel)
            found[name] = kernel_btf.btf_of(debian_kernels.fetch(name))
        except debian_kernels.Gone as error:
            print(f"left out: {error}", flush=True)
        except debian_kernels.CannotFetch as error:
            print(f"skipped: {error}", flush=True)
            complete = False
        except kernel_btf.NoBtf as error:  # An image that is there, and that we cannot read.
            sys.exit(f"{kernel}: {error}")
    return found, complete


def build_objects(kernel: str, btf: pathlib.Path, build: pathlib.Path) -> list[pathlib.Path]:
    folder = build / "btf" / kernel
    for command in (["cmake", "-G", "Ninja", "-S", ROOT / "tests/btf/objects", "-B", folder,
                     f"-DLOADLINE_VMLINUX_BTF={btf}", f"-DLOADLINE_BPF_ARCH={machine_of(kernel)}"],
                    ["cmake", "--build", folder, "--target",
                     *(f"{name}_skeleton" for name in OBJECTS)]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{kernel}: the objects cannot be built:\n{done.stdout}{done.stderr}")
    return [folder / "bpf/gen" / f"{name}.o" for name in OBJECTS]


def objects_by_header(btfs: dict, build: pathlib.Path) -> dict[str, list[pathlib.Path]]:
    """Kernel whose types the objects were built from -> the objects; "host": those of this build."""
    host = [build / "bpf/gen" / f"{name}.o" for name in OBJECTS]
    found = {"host": host} if all(path.exists() for path in host) else {}
    for kernel, btf in btfs.items():
        began = time.monotonic()
        found[kernel] = build_objects(kernel, btf, build)
        print(f"built for {kernel}: {time.monotonic() - began:.1f} s", flush=True)
    return found


def refused_fields(said: list[str], program: str) -> dict[int, str]:
    """Instruction of the program, with the functions that follow it -> the field that libbpf could not fit."""
    begins, fields, found = {program: 0}, {}, {}
    for line in said:
        if of := re.search(r"prog '(\S+)': insn #.* points to subprog '(\S+)' \(now at (\d+) offset", line):
            if of[1] == program:
                begins[of[2]] = int(of[3])
        elif of := re.search(r"prog '(\S+)': relo #(\d+): <\w+> \[\d+\] \w+ (\S+)", line):
            fields.setdefault((of[1], of[2]), of[3])  # As it was built; candidates follow.
        elif of := re.search(r"prog '(\S+)': relo #(\d+): (?:insn|substituting insn) #(\d+) "
                             r"(?:\(LDX/ST/STX\) accesses field incorrectly|w/ invalid insn)", line):
            found[of[1], int(of[3])] = fields.get((of[1], of[2]), "?")
    return {begins[function] + insn: field for (function, insn), field in found.items()
            if function in begins}


def judge_object(lines: list[str]) -> list[str]:
    """What `relocate` printed of one object -> what is wrong with it."""
    wrong, said = [], []
    for line in lines:
        word, _, rest = line.partition(" ")
        if word == "says":
            said.append(rest)
        elif word == "error":
            wrong.append("; ".join([f"libbpf refuses it: {rest}", *said[-1:]]))
        elif word == "program":
            name, _, code = rest.partition(" ")
            wrong += judge_program(name, bytes.fromhex(code), said)
    return wrong


def judge_program(name: str, code: bytes, said: list[str]) -> list[str]:
    places = reach.poisoned(code)
    if not places:
        return []
    fields = refused_fields(said, name)
    named = [f"{place} ({fields[place]})" if place in fields else str(place) for place in places]
    return [f"{name}: the kernel gets to what libbpf cannot relocate, at instruction {', '.join(named)}"]


def relocate(program: pathlib.Path, kernel: str, btf: pathlib.Path,
             objects: list[pathlib.Path]) -> tuple[str, dict[str, list[str]]]:
    """-> (what the agent finds of preempt_count, object -> what is wrong)."""
    done = subprocess.run([program, btf, machine_of(kernel), *objects], capture_output=True, text=True,
                          check=False)
    if done.returncode != 0:
        raise SystemExit(f"{kernel}: {program.name} ended with {done.returncode}: {done.stderr}")
    head, *parts = re.split(r"^object .*\n", done.stdout, flags=re.M)
    count = next(line[6:] for line in head.splitlines() if line.startswith("count "))
    return count, {path.stem: judge_object(part.splitlines()) for path, part in zip(objects, parts)}


def judge_kernel(program: pathlib.Path, kernel: str, btf: pathlib.Path, headers: dict) -> dict:
    began, found = time.monotonic(), {name: "pass" for name in OBJECTS}
    for header, objects in headers.items():
        if (HOST if header == "host" else machine_of(header)) != machine_of(kernel):
            continue
        found["preempt_count"], wrong = relocate(program, kernel, btf, objects)
        for name, lines in wrong.items():
            for line in lines:
                found[name] = "fail"
                print(f"  {name}, built for {header}: {line}")
    found["seconds"] = round(time.monotonic() - began, 1)
    print(f"{kernel}: " + ", ".join(f"{name} {value}" for name, value in found.items()), flush=True)
    return found


def main(build: pathlib.Path, result: pathlib.Path, kernels: list[str]) -> int:
    btfs, complete = fetch_all(kernels)
    headers = objects_by_header(btfs, build)
    wrong = False
    for header, objects in headers.items():
        machine = HOST if header == "host" else machine_of(header)
        print(f"built for {header}: ", end="", flush=True)
        wrong |= fields.main(machine, ROOT / "docs/kernel.md", objects) != 0
    found = {kernel: judge_kernel(build / "bin/btf_relocate", kernel, btf, headers)
             for kernel, btf in btfs.items()}
    result.parent.mkdir(parents=True, exist_ok=True)
    result.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    failed = wrong or any(each.get(name) != "pass" for each in found.values() for name in OBJECTS)
    return 1 if failed else 0 if complete else 77


if __name__ == "__main__":
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]),
                  sys.argv[3:] or [*debian_kernels.KERNELS, "newest", *ARM64]))
