#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
# Goal: the agent measures right on each kernel that it supports, and refuses clearly where its probes
# cannot run.
# Method: boots the kernel in qemu without KVM, with the agent of this build and a workload whose
# waits are known; the guest prints two readings per source, and the judge compares.
"""Usage: run.py BIN JSON [KERNEL...], where BIN is build/<preset>/bin.

Exits with 77, and says why, where qemu, busybox or the kernels cannot be had.
"""
import json
import pathlib
import shutil
import sys
import tempfile
import time

import debian_kernels
import guest
import verdict

# What each must do, by source; "deep" is the wait-for graph.
EXPECTED = {
    "5.10": {"bpf": "refused", "iter": "pass", "proc": "pass", "deep": "refused"},
    "6.1": {"bpf": "pass", "iter": "pass", "proc": "pass", "deep": "pass"},
    "6.12": {"bpf": "pass", "iter": "pass", "proc": "pass", "deep": "pass"},
}


def outcome(attempt: verdict.Attempt, peer: str) -> tuple[str, list[str]]:
    if verdict.is_refusal(attempt):
        return "refused", [attempt.parts["log"].strip()]
    judge = verdict.judge_graph if attempt.source == "deep" else verdict.judge
    wrong = judge(attempt, peer)
    return ("fail", wrong) if wrong else ("pass", [])


def test_kernel(kernel: str, image: pathlib.Path, initramfs: pathlib.Path,
                logs: pathlib.Path) -> dict:
    began = time.monotonic()
    console = guest.boot(image, initramfs)
    (logs / f"kernel-{kernel}.log").write_text(console, encoding="utf-8")
    head, attempts = verdict.parse(console)
    found = {source: "fail" for source in EXPECTED[kernel]}
    print(f"{kernel}: {head.get('kernel', 'did not boot').strip()}, "
          f"{time.monotonic() - began:.0f} s", flush=True)
    for attempt in attempts:
        found[attempt.source], reasons = outcome(attempt, head["workload"].strip())
        print(f"  {attempt.source}: {found[attempt.source]}")
        for reason in reasons:
            print(f"    {reason}")
    return found


def missing() -> str:
    tools = [tool for tool in ("qemu-system-x86_64", "cpio", "ldd", "strip", "apt-get", "dpkg-deb")
             if shutil.which(tool) is None]
    if not guest.BUSYBOX.exists():
        tools.append("busybox")
    return ", ".join(tools)


def main(binaries: pathlib.Path, result: pathlib.Path, kernels: list[str]) -> int:
    if missing():
        print(f"skipped: needs {missing()}")
        return 77
    try:
        images = {kernel: debian_kernels.fetch(kernel) for kernel in kernels}
    except debian_kernels.CannotFetch as error:
        print(f"skipped: {error}")
        return 77
    result.parent.mkdir(parents=True, exist_ok=True)
    found = {}
    with tempfile.TemporaryDirectory() as scratch:
        initramfs = pathlib.Path(scratch) / "initramfs"
        guest.make_initramfs(binaries, ["bpf", "iter", "proc", "deep"], initramfs)
        for kernel in kernels:
            found[kernel] = test_kernel(kernel, images[kernel], initramfs, result.parent)
    result.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0 if found == {kernel: EXPECTED[kernel] for kernel in kernels} else 1


if __name__ == "__main__":
    if len(sys.argv) < 3 or not set(sys.argv[3:]) <= set(EXPECTED):
        sys.exit(f"{__doc__}\nKERNEL must be one of {', '.join(EXPECTED)}")
    sys.exit(main(pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]),
                  sys.argv[3:] or list(EXPECTED)))
