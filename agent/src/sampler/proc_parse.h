// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace loadline::agent {

// What the files of one thread say, nothing interpreted. nullopt: the text is not what proc(5)
// says, as when the thread ended meanwhile.

// "schedstat". All zero while the kernel was told not to count (CONFIG_SCHED_INFO off).
struct ProcSchedStat {
  std::uint64_t on_cpu_ns = 0;     // Up to a tick old for a thread that runs now.
  std::uint64_t run_delay_ns = 0;  // Of waits for a CPU that ended.
  std::uint64_t runs = 0;          // Times that it got a CPU.
  friend bool operator==(const ProcSchedStat&, const ProcSchedStat&) = default;
};
std::optional<ProcSchedStat> ParseSchedStat(std::string_view text);

// "stat". `comm` points into the text.
struct ProcStat {
  std::string_view comm;
  char state = '?';
  bool kernel = false;
  pid_t parent = 0;
  std::uint64_t started_ticks = 0;  // Since boot.
  // Where its stack began: another address for each program. 0: it may not be looked into.
  std::uint64_t stack_start = 0;
};
std::optional<ProcStat> ParseStat(std::string_view text);

// "status".
struct ProcStatus {
  pid_t inner_tid = 0;  // 0: the kernel does not say.
  std::int64_t voluntary = 0;
  std::int64_t involuntary = 0;
};
std::optional<ProcStatus> ParseStatus(std::string_view text);

// "syscall". A thread that is not blocked has no call.
struct ProcCall {
  std::int64_t number = -1;  // -1: blocked outside of a call.
  std::array<std::uint64_t, 6> arguments{};
};
std::optional<ProcCall> ParseCall(std::string_view text);

}  // namespace loadline::agent
