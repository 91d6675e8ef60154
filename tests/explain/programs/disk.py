# SPDX-License-Identifier: Apache-2.0
"""Slow disks and small memories: files that are not in the page cache, and groups with limits."""
import os
import pathlib


def file(stage, megabytes: int) -> pathlib.Path:
    """A file of so many MB that nobody has read yet."""
    path = stage.dir / "data"
    with open(path, "wb") as out:
        for _ in range(megabytes):
            out.write(os.urandom(1 << 20))
        out.flush()
        os.fsync(out.fileno())
        os.posix_fadvise(out.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    return path


def device(path) -> str:
    number = os.stat(path).st_dev
    return f"{os.major(number)}:{os.minor(number)}"


def slow_group(stage, operations: int):
    """So many operations a second, and two megabytes, since one operation may read many of them ahead."""
    group = stage.group("blkio")
    group.disk(device(stage.dir), operations, 2 << 20)
    return group


def small_group(stage, megabytes: int, kill=True):
    """`kill`: False where members are to wait for memory; only control groups of version 1 can do that."""
    group = stage.group("memory")
    group.memory(megabytes << 20)
    if not kill:
        group.wait_for_memory()
    return group
