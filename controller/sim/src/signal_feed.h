// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <deque>
#include <optional>

#include "loadline/signal.h"
#include "loadline/sim/scenario.h"
#include "thread_ledger.h"

namespace loadline::sim {

// What the service gets to know of its kernel counters: by the step of the signal ladder, and late,
// lost, biased or noisy as the scenario says.
class SignalFeed {
 public:
  struct Reading {
    std::optional<Signal> signal;  // Nullopt: none younger than a second.
    std::int64_t requests = 0;     // That the pool finished in the signal's span.
  };

  SignalFeed(const SignalFaults& faults, SignalStep step, std::uint64_t seed)
      : faults_(faults), step_(step), noise_(StreamSeed(seed, "signal noise")) {}

  Reading Take(ThreadLedger& ledger, std::int64_t requests_total, Ns now);

 private:
  Signal Difference(const PoolCounters& totals, int threads, Ns now);
  bool Lost(Ns now) const;

  const SignalFaults& faults_;
  const SignalStep step_;
  Random noise_;
  PoolCounters totals_;
  std::int64_t requests_total_ = 0;
  Ns taken_at_ = 0;
  std::deque<Reading> under_way_;
  Reading newest_;
};

}  // namespace loadline::sim
