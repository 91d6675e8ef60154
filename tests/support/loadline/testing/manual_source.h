// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "loadline/signal_source.h"

namespace loadline::testing {

// A SignalSource that answers, once, what it was given.
//
// Thread safety: none.
class ManualSource final : public SignalSource {
 public:
  explicit ManualSource(SignalStep step) : step_(step) {}

  // What the next Read() of any pool answers.
  void Give(Clock::Time taken_at, PoolCounters counters = {},
            Clock::Duration span = std::chrono::milliseconds{100}) {
    next_ = Signal{
        .taken_at = taken_at, .span = span, .threads = 1, .counters = counters, .step = step_};
  }

  SignalStep step() const override { return step_; }
  std::optional<Signal> Read(std::string_view, Clock::Time) override {
    ++reads;
    return std::exchange(next_, std::nullopt);
  }
  void AddPool(ThreadPool& pool) override { pools.insert(&pool); }
  void RemovePool(ThreadPool& pool) override { pools.erase(&pool); }
  void AddLimiter(Limiter& limiter) override { limiters.insert(&limiter); }
  void RemoveLimiter(Limiter& limiter) override { limiters.erase(&limiter); }

  int reads = 0;
  std::set<const ThreadPool*> pools;
  std::set<const Limiter*> limiters;

 private:
  const SignalStep step_;
  std::optional<Signal> next_;
};

}  // namespace loadline::testing
