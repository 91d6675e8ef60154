// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "loadline/clock.h"
#include "loadline/control/pool_sizer_options.h"
#include "loadline/steady_clock.h"

namespace loadline {

enum class Sizing : std::uint8_t {
  kAuto,   // control::PoolSizer chooses, between threads_min and threads_max.
  kFixed,  // threads_initial, unless Resize() says otherwise.
};

struct ThreadPoolOptions {
  // A label of metrics and reports, 1 to 64 characters, and the start of the threads' names, where
  // the kernel keeps 15 characters in all.
  std::string name{};

  Sizing sizing = Sizing::kAuto;

  // 1 <= threads_min <= threads_initial <= threads_max <= 65536. The maximum also bounds memory:
  // one stack each. Not given, threads_initial is the sizer's, or the bound that is nearer.
  int threads_min = control::PoolSizerOptions().threads_min;
  std::optional<int> threads_initial{};
  int threads_max = control::PoolSizerOptions().threads_max;

  // Tasks that may wait for a worker; >= 1. A queue longer than can be served in time only makes
  // everybody late.
  int queue_max = 1024;

  // What a task may take, > 0: sizing adds no threads that could not finish within it.
  Clock::Duration task_deadline = control::PoolSizerOptions().task_deadline;

  // A task that no worker took within this time is dropped; >= 0. Zero: it waits as long as it
  // takes. Zero by default, because whoever queues a task must be ready for it not to run.
  Clock::Duration queue_deadline{};

  const Clock* clock = &SteadyClock::Get();  // Must outlive the pool.
};

}  // namespace loadline
