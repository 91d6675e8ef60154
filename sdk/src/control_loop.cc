// SPDX-License-Identifier: Apache-2.0
#include "sdk/src/control_loop.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <numeric>
#include <utility>

namespace loadline {
namespace {

// Affinity and quota change when somebody changes them, which is seldom.
constexpr Clock::Duration kAskCpusEvery = std::chrono::seconds{1};

std::int64_t RejectedBy(const LimiterStats& stats) {
  return std::accumulate(stats.rejected_total.begin(), stats.rejected_total.end(), std::int64_t{0});
}

// What `finished` within `elapsed` makes in `span`.
std::int64_t InSpan(std::int64_t finished, Clock::Duration elapsed, Clock::Duration span) {
  if (elapsed <= Clock::Duration::zero()) {
    return finished;
  }
  const double share = static_cast<double>(span.count()) / static_cast<double>(elapsed.count());
  return std::llround(std::clamp(static_cast<double>(finished) * share, 0.0, 1e9));
}

}  // namespace

ControlLoop::ControlLoop(Options options)
    : sources_(options.sources),
      ask_cpus_(std::move(options.cpus)),
      ladder_(std::move(options.sources)) {}

void ControlLoop::Attach(ThreadPool& pool) {
  detail::MutexLock lock(mutex_);
  for (SignalSource* source : sources_) {
    source->AddPool(pool);
  }
  pools_.push_back({.pool = &pool, .completed_seen = pool.Stats().completed_total});
}

void ControlLoop::Detach(ThreadPool& pool) {
  if (fork_watch_.in_child()) {
    return;
  }
  detail::MutexLock lock(mutex_);
  for (SignalSource* source : sources_) {
    source->RemovePool(pool);
  }
  ladder_.Forget(pool.name());
  std::erase_if(pools_, [&](const Pool& each) { return each.pool == &pool; });
}

void ControlLoop::Attach(Limiter& limiter) {
  detail::MutexLock lock(mutex_);
  for (SignalSource* source : sources_) {
    source->AddLimiter(limiter);
  }
  gates_.push_back({.limiter = &limiter, .rejected_seen = RejectedBy(limiter.Stats())});
}

void ControlLoop::Detach(Limiter& limiter) {
  if (fork_watch_.in_child()) {
    return;
  }
  detail::MutexLock lock(mutex_);
  for (SignalSource* source : sources_) {
    source->RemoveLimiter(limiter);
  }
  std::erase_if(gates_, [&](const Gate& each) { return each.limiter == &limiter; });
}

void ControlLoop::Tick(Clock::Time now) {
  detail::MutexLock lock(mutex_);
  if (!cpus_asked_at_ || now - *cpus_asked_at_ >= kAskCpusEvery) {
    cpus_asked_at_ = now;
    cpus_ = ask_cpus_();
  }
  for (Pool& pool : pools_) {
    ReadSignal(pool, now);
    TickPool(pool, now);
  }
  for (Gate& gate : gates_) {
    gate.rejected_seen = RejectedBy(gate.limiter->Stats());
    TickLimiter(*gate.limiter, now);
  }
}

void ControlLoop::ReadSignal(Pool& pool, Clock::Time now) {
  SignalLadder::Reading reading = ladder_.Read(pool.pool->name(), now);
  const std::int64_t completed = pool.pool->Stats().completed_total;
  const bool fresh = reading.fresh.has_value();
  if (fresh) {
    pool.signal = std::move(reading.fresh);
    const std::int64_t finished = completed - pool.completed_seen;
    // A first signal, or one after a gap, is about a span of its own.
    pool.signal_requests =
        pool.seen_at ? InSpan(finished, now - *pool.seen_at, pool.signal->span) : finished;
  } else if (reading.state.step == SignalStep::kLatency ||
             (pool.signal && pool.signal->step != reading.state.step)) {
    pool.signal.reset();
  }
  if (fresh || !pool.signal) {
    pool.completed_seen = completed;
    pool.seen_at = now;
  }
  pool.state = reading.state;
}

void ControlLoop::TickPool(Pool& pool, Clock::Time now) {
  PoolTick tick{.now = now, .signal = pool.signal, .signal_state = pool.state, .cpus = cpus_};
  double limit = 0;
  for (const Gate& gate : gates_) {
    const Limiter& limiter = *gate.limiter;
    if (limiter.pool() == pool.pool->name() && limiter.mode() == Mode::kEnforce) {
      limit += std::ceil(limiter.limit());
      tick.limit_binds = tick.limit_binds || RejectedBy(limiter.Stats()) > gate.rejected_seen;
    }
  }
  tick.limit = static_cast<int>(std::min(limit, 1e9));
  pool.pool->Tick(tick);
}

void ControlLoop::TickLimiter(Limiter& limiter, Clock::Time now) {
  LimiterTick tick{.now = now, .cpus = cpus_};
  const auto pool = std::find_if(pools_.begin(), pools_.end(), [&](const Pool& each) {
    return each.pool->name() == limiter.pool();
  });
  if (pool != pools_.end()) {
    tick.signal = pool->signal;
    tick.signal_requests = pool->signal_requests;
    tick.signal_state = pool->state;
  }
  limiter.Tick(tick);
}

}  // namespace loadline
