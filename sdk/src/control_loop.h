// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "loadline/clock.h"
#include "loadline/detail/fork_watch.h"
#include "loadline/detail/mutex.h"
#include "loadline/limiter.h"
#include "loadline/signal.h"
#include "loadline/signal_ladder.h"
#include "loadline/signal_source.h"
#include "loadline/thread_pool.h"

namespace loadline {

// What a ControlThread does at each tick, without the thread.
//
// Pools first, each with the limits that stand in front of it; then the limiters, each with the
// signal of its pool. A signal is used until a fresher one comes or the ladder calls it stale; the
// tasks that the pool finished in its span go with it, estimated from those between ticks.
//
// Thread safety: any. Detach returns when the tick in progress is over; in a child of fork(), which
// has none, at once.
class ControlLoop {
 public:
  struct Options {
    std::vector<SignalSource*> sources;  // Best first.
    std::function<double()> cpus;        // Asked once a second.
  };
  explicit ControlLoop(Options options);

  void Attach(ThreadPool& pool);
  void Detach(ThreadPool& pool);
  void Attach(Limiter& limiter);
  void Detach(Limiter& limiter);

  void Tick(Clock::Time now);

 private:
  struct Pool {
    ThreadPool* pool;
    SignalState state{};
    std::optional<Signal> signal{};
    std::int64_t signal_requests = 0;
    std::int64_t completed_seen = 0;  // When the signal came; without one at the last tick.
    std::optional<Clock::Time> seen_at{};
  };
  struct Gate {
    Limiter* limiter;
    std::int64_t rejected_seen = 0;
  };

  void ReadSignal(Pool& pool, Clock::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TickPool(Pool& pool, Clock::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void TickLimiter(Limiter& limiter, Clock::Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::vector<SignalSource*> sources_;
  const std::function<double()> ask_cpus_;
  const detail::ForkWatch fork_watch_;
  detail::Mutex mutex_;
  SignalLadder ladder_ ABSL_GUARDED_BY(mutex_);
  std::vector<Pool> pools_ ABSL_GUARDED_BY(mutex_);
  std::vector<Gate> gates_ ABSL_GUARDED_BY(mutex_);
  std::optional<Clock::Time> cpus_asked_at_ ABSL_GUARDED_BY(mutex_);
  double cpus_ ABSL_GUARDED_BY(mutex_) = 1;
};

}  // namespace loadline
