// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <string_view>

#include "absl/status/status.h"
#include "loadline/clock.h"
#include "loadline/control/option.h"

namespace loadline::control {

// Options of a pool sizer.
struct PoolSizerOptions {
  // 1 <= threads_min <= threads_initial <= threads_max <= kThreadsMost. The maximum also bounds
  // memory: one stack each.
  int threads_min = 2;
  int threads_max = 256;
  int threads_initial = 8;

  Clock::Duration task_deadline = std::chrono::milliseconds{250};  // > 0.

  double beta = 1.2;
  double lock_step = 0.1;
  double lock_loss = 0.03;
  double lock_hold = 6;

  static constexpr int kThreadsMost = 65536;

  static constexpr auto Specs() {
    using O = PoolSizerOptions;
    return std::to_array<OptionSpec<O>>({
        {"beta", &O::beta, 0, 4, "0.8 favours utilisation, 2 delay"},
        {"lock_step", &O::lock_step, 0.02, 0.5,
         "of the threads, at least one: less takes longer, more may fall far below the least"},
        {"lock_loss", &O::lock_loss, 0.005, 0.2,
         "of throughput, to a lock's last waiters: chance alone is 1 %"},
        {"lock_hold", &O::lock_hold, 1, 1000,
         "epochs between tries: a try of too few threads costs a tenth of an epoch"},
    });
  }
};
static_assert(SpecsAreWhole<PoolSizerOptions>(offsetof(PoolSizerOptions, beta)));

// The rules for every pool, sized by a PoolSizer or not. `owner` is the noun for the message.
absl::Status CheckPool(std::string_view owner, const PoolSizerOptions& options);

}  // namespace loadline::control
