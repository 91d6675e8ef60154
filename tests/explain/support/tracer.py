#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Seizes all threads of a process, stops them and keeps them: tracer.py PID."""
import ctypes
import pathlib
import sys
import time

PTRACE_SEIZE, PTRACE_INTERRUPT = 0x4206, 0x4207
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
for task in pathlib.Path(f"/proc/{int(sys.argv[1])}/task").iterdir():
    for request in (PTRACE_SEIZE, PTRACE_INTERRUPT):
        if libc.ptrace(request, int(task.name), None, None) != 0:
            raise OSError(ctypes.get_errno(), f"ptrace of {task.name}")
while True:
    time.sleep(3600)
