// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "loadline/clock.h"
#include "loadline/control/kernel_options.h"
#include "loadline/mode.h"
#include "loadline/steady_clock.h"

namespace loadline {

class WaitLedger;

struct LimiterOptions {
  // A label of metrics and reports; 1 to 64 characters. One name, one limiter per process.
  std::string name{};

  // kShadow by default: a limiter that nobody has watched yet must not refuse work.
  Mode mode = Mode::kShadow;

  // "kernel" for services; "aimd" and "fixed" for comparison, or where a number is known.
  std::string law = "kernel";

  // Options of that law by name, as control::LawOptions() lists them; they win over the limits
  // below.
  control::OptionMap law_options{};

  // What an operation may take, > 0: completions beyond it are late, and so are operations that
  // have been in flight for longer.
  Clock::Duration deadline = std::chrono::milliseconds{250};

  // The ThreadPool that runs the operations, by name: its kernel signals inform the law. Empty: no
  // pool of ours; the law then works from latency alone.
  std::string pool{};

  // 1 <= limit_min <= limit_initial <= limit_max, and no more than 1e6 for a law by name. The
  // maximum is what memory allows, not what is wished for; the minimum keeps a trickle that finds
  // out when things are better. Not given, limit_initial is the law's, or the bound that is nearer.
  double limit_min = control::KernelOptions().limit_min;
  std::optional<double> limit_initial{};
  double limit_max = control::KernelOptions().limit_max;

  // Lets permits tell where the time of their operation went; null: they do not. About 30 ns per
  // permit. Must outlive the limiter.
  WaitLedger* ledger = nullptr;

  const Clock* clock = &SteadyClock::Get();  // Must outlive the limiter.
};

}  // namespace loadline
