// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace loadline::bench {

// Two threads on one CPU hand a byte to and fro through two pipes: each hand-over is a context
// switch and hardly anything else. Returns the nanoseconds of one round trip (two switches).
double PipePingPong(int round_trips);

// Nanoseconds of one getppid(), which switches nothing: whether system calls got dearer.
double Getppid(int calls);

}  // namespace loadline::bench
