#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Goal: the agent measures right on each kernel that it supports, and refuses clearly where its probes
# cannot run.
# Method: boots the kernel in qemu without KVM, with the agent of this build and workloads whose
# waits are known; the guest prints what the agent says of them, and the judges compare.
"""Boots Debian's kernels with the agent inside, and judges what it measures there.

Prints a row per kernel and writes them as JSON. Exits with 77, and says why in one line, where qemu,
busybox or the kernels cannot be had.
"""
import argparse
import concurrent.futures
import dataclasses
import json
import pathlib
import shutil
import sys
import tempfile
import time

import debian_kernels
import guest
import matrix
from judges import console


@dataclasses.dataclass
class Boot:
    """A kernel, and what came of it."""
    kernel: str
    release: str = "did not boot"
    sections: list = dataclasses.field(default_factory=list)
    problem: str = ""
    seconds: float = 0


@dataclasses.dataclass
class Verdict:
    outcome: str
    wrong: list


def play(kernel: str, image: pathlib.Path, initramfs: pathlib.Path, log: pathlib.Path,
         columns) -> Boot:
    began = time.monotonic()
    text, problem = guest.boot(image, initramfs, matrix.plan(kernel, columns), log)
    head, sections = console.parse(text)
    return Boot(kernel, head.get("kernel", "did not boot").strip(), sections, problem,
                time.monotonic() - began)


def judge(boots: list[Boot], columns) -> dict[str, dict[str, Verdict]]:
    """Kernel -> column -> verdict."""
    found = {boot.kernel: {column: Verdict(*matrix.outcome(boot.kernel, column, boot.sections))
                           for column in columns} for boot in boots}
    if "quota" in columns:
        quotas = matrix.compare_quotas({boot.kernel: boot.sections for boot in boots})
        for kernel, wrong in quotas.items():
            if wrong:
                verdict = found[kernel]["quota"]
                found[kernel]["quota"] = Verdict("fail", verdict.wrong + wrong)
    return found


def failed(verdicts: dict[str, Verdict], kernel: str) -> list[str]:
    expected = matrix.expected(kernel)
    return [column for column, verdict in verdicts.items() if verdict.outcome != expected[column]]


def show(boot: Boot, verdicts: dict[str, Verdict]):
    print(f"{boot.kernel}: {boot.release}, {boot.seconds:.0f} s")
    if boot.problem:
        print(f"  {boot.problem}")
    for column, verdict in verdicts.items():
        figures = matrix.figures(column, boot.kernel, boot.sections)
        print(f"  {column}: {verdict.outcome}" + (f" ({figures})" if figures else ""))
        for line in verdict.wrong:
            print(f"    {line}")
    sys.stdout.flush()


def missing() -> str:
    tools = [tool for tool in ("qemu-system-x86_64", "cpio", "ldd", "strip", "apt-get", "dpkg-deb")
             if shutil.which(tool) is None]
    if not guest.BUSYBOX.exists():
        tools.append("busybox")
    return ", ".join(tools)


def all_kernels() -> list[str]:
    """Those that have a name, and the archive's newest."""
    try:
        return [*debian_kernels.KERNELS, debian_kernels.newest()]
    except debian_kernels.CannotFetch as error:
        print(f"{error}: kept images will do")
        return list(debian_kernels.KERNELS)


def fetch_all(kernels: list[str]) -> dict[str, pathlib.Path]:
    images = {}
    for kernel in kernels or all_kernels():
        try:
            images[kernel] = debian_kernels.fetch(kernel)
        except debian_kernels.CannotFetch as why:  # Gone is one, too.
            print(f"left out: {why}", flush=True)
    if not images:
        raise debian_kernels.CannotFetch("there is no kernel to boot")
    return images


def boot_all(images: dict[str, pathlib.Path], initramfs: pathlib.Path, options) -> list[Boot]:
    """As many guests at once as asked for; those for which there is no time left are named."""
    boots, longest, began = [], 0.0, time.monotonic()

    def start(kernel: str) -> Boot | None:
        left = options.minutes * 60 - (time.monotonic() - began)
        if options.minutes and left < longest:
            return None
        log = options.json.parent / f"kernel-{kernel}.log"
        return play(kernel, images[kernel], initramfs, log, options.only)

    order = matrix.by_weight(list(images)) if options.minutes else list(images)
    with concurrent.futures.ThreadPoolExecutor(options.jobs) as pool:
        pending = {pool.submit(start, kernel): kernel for kernel in order}
        for done in concurrent.futures.as_completed(pending):
            boot = done.result()
            if boot is None:
                print(f"{pending[done]}: not booted, {options.minutes:g} minutes are too short")
                continue
            print(f"{boot.kernel}: played for {boot.seconds:.0f} s", flush=True)
            longest = max(longest, boot.seconds)
            boots.append(boot)
    return sorted(boots, key=lambda boot: list(images).index(boot.kernel))


def play_again(boots: list[Boot], images: dict[str, pathlib.Path], initramfs: pathlib.Path, options):
    """Once, and only the columns that failed."""
    verdicts = judge(boots, options.only)
    for boot in boots:
        columns = failed(verdicts[boot.kernel], boot.kernel)
        if not columns and not boot.problem:
            continue
        if options.minutes and time.monotonic() - options.began > 2 * options.minutes * 60:
            print(f"{boot.kernel}: no second try, {2 * options.minutes:g} minutes are over")
        else:
            show(boot, {column: verdicts[boot.kernel][column] for column in columns})
            print(f"{boot.kernel}: second and last try of {', '.join(columns) or 'all'}", flush=True)
            log = options.json.parent / f"kernel-{boot.kernel}-again.log"
            again = play(boot.kernel, images[boot.kernel], initramfs, log, columns or options.only)
            boot.sections = again.sections + boot.sections  # The first of a kind counts.
            boot.problem = again.problem
            boot.seconds += again.seconds


def parse_arguments():
    columns = list(matrix.COLUMNS)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("binaries", type=pathlib.Path, help="build/<preset>/bin")
    parser.add_argument("json", type=pathlib.Path)
    parser.add_argument("--only", type=lambda text: text.split(","), default=columns,
                        help=f"columns, with commas between them: {','.join(columns)}")
    parser.add_argument("--jobs", type=int, default=1, help="guests at once")
    parser.add_argument("--minutes", type=float, default=0,
                        help="boot no guest that would end later, by the longest one so far")
    parser.add_argument("--retry", action="store_true", help="play once more what failed, and say so")
    parser.add_argument("kernels", nargs="*", help="such as 7.3 or 6.12-rt")
    options = parser.parse_intermixed_args()
    options.began = time.monotonic()
    if not set(options.only) <= set(columns):
        parser.error(f"--only takes {', '.join(columns)}")
    return options


def main(options) -> int:
    if missing():
        print(f"skipped: needs {missing()}")
        return 77
    try:
        images = fetch_all(options.kernels)
    except debian_kernels.CannotFetch as error:
        print(f"skipped: {error}")
        return 77
    options.json.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        initramfs = pathlib.Path(scratch) / "initramfs"
        guest.make_initramfs(options.binaries, initramfs)
        boots = boot_all(images, initramfs, options)
        if options.retry:
            play_again(boots, images, initramfs, options)
    verdicts = judge(boots, options.only)
    for boot in boots:
        show(boot, verdicts[boot.kernel])
    rows = {kernel: {column: each.outcome for column, each in row.items()}
            for kernel, row in verdicts.items()}
    options.json.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    wrong = [boot for boot in boots if boot.problem or failed(verdicts[boot.kernel], boot.kernel)]
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(parse_arguments()))
