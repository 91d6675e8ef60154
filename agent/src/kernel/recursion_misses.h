// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>

struct bpf_program;

namespace loadline::agent {

// How often the kernel left these programs out, since the same program was running on that CPU
// already. From 7.0 on a program at a tracepoint can be preempted, and then others miss it. 0 where
// the kernel does not count it (before 5.12).
std::uint64_t RecursionMisses(std::span<const bpf_program* const> programs);

}  // namespace loadline::agent
