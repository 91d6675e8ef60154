# SPDX-License-Identifier: Apache-2.0
"""Multiplies matrices with four threads of OpenBLAS; from SIGUSR1 on they are all bound to one CPU: matrices.py CPU."""
import ctypes
import os
import signal
import sys
import threading

import numpy

trouble = threading.Event()
signal.signal(signal.SIGUSR1, lambda *_: trouble.set())
ctypes.CDLL("libopenblas.so.0").openblas_set_num_threads(4)
a = numpy.random.rand(1500, 1500)
a @ a
print("ready", flush=True)
trouble.wait()
for task in os.listdir("/proc/self/task"):
    os.sched_setaffinity(int(task), {int(sys.argv[1])})
while True:
    a @ a
