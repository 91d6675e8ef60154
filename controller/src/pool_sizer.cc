// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/pool_sizer.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "exact_math.h"
#include "seconds.h"
#include "text.h"
#include "window_evidence.h"
#include "window_fold.h"

namespace loadline::control {
namespace {

constexpr double kGrow = 1.25;    // Per 100 ms.
constexpr double kShrink = 0.05;  // Per second.
constexpr double kShrinkBehindLimit = kShrink / 10;
constexpr double kSwitchesMost = 0.03;  // Of the CPUs.

}  // namespace

struct PoolSizer::Tick {
  explicit Tick(const PoolWindow& w)
      : now(w.now),
        span(BoundedSeconds(w.span)),
        threads(Count(w.threads)),
        active(Count(w.threads_active)),
        active_max(std::max(Count(w.threads_active_max), active)),
        queued(Count(w.queued)),
        completed(Count(w.completed)),
        task_time(completed > 0 ? BoundedSeconds(w.task_time_sum) / completed : 0),
        cpus(w.cpus > 0.05 ? std::min(w.cpus, 1e5) : 0.05),
        limit(Count(w.limit)),
        limit_binds(w.limit_binds) {
    if (w.signal) {
      rates = RatesOf(*w.signal, cpus);
    }
  }

  Clock::Time now;
  double span, threads, active, active_max, queued, completed, task_time, cpus, limit;
  bool limit_binds;
  std::optional<SignalRates> rates;

  bool pressed() const { return queued > 0 || active_max >= threads; }
  bool starving() const { return queued > 0 && active >= threads; }
};

absl::Status CheckPool(std::string_view owner, const PoolSizerOptions& options) {
  const Bounds threads{.min = static_cast<double>(options.threads_min),
                       .initial = static_cast<double>(options.threads_initial),
                       .max = static_cast<double>(options.threads_max)};
  if (absl::Status status =
          CheckBounds(owner, "threads", threads, 1, PoolSizerOptions::kThreadsMost);
      !status.ok()) {
    return status;
  }
  if (!(options.task_deadline > Clock::Duration::zero())) {
    return MustBe(Text(owner, ": task_deadline"), options.task_deadline, "above 0");
  }
  return CheckOptions(owner, options);
}

absl::StatusOr<PoolSizer> PoolSizer::Create(const Options& options) {
  if (absl::Status status = CheckPool("pool", options); !status.ok()) {
    return status;
  }
  return PoolSizer(options);
}

PoolSizer::PoolSizer(const Options& options)
    : options_(options),
      size_{.threads = options.threads_initial},
      lock_search_(options),
      threads_(options.threads_initial) {}

double PoolSizer::Need(double busy) const { return busy + options_.beta * std::sqrt(busy); }

// Learns S, W / S and K. Neither while the pool climbs nor while a limit binds without a queue of
// our own: that W may be our own doing.
void PoolSizer::Measure(const Tick& tick) {
  rate_ += std::min(1.0, tick.span / 0.2) * (tick.completed / tick.span - rate_);
  if (tick.completed > 0) {
    residence_ += 0.2 * (tick.task_time - residence_);
  }
  const double window = std::max(0.3, 2 * residence_);
  active_slow_ += std::min(1.0, tick.span / window) * (tick.active - active_slow_);
  peak_ = std::max(peak_ * Exp2(-tick.span / 30),
                   tick.active_max + std::min(tick.queued, tick.active_max));
  if (!tick.rates) {
    return;
  }
  const SignalRates& r = *tick.rates;
  share_ += 0.3 * (CpuShare(r) - share_);
  neighbour_share_ += 0.3 * (NeighbourShare(r) - neighbour_share_);
  const double queue = options_.beta * std::sqrt(std::max(knee_, 1.0));
  const bool climbing = tick.active > 1.25 * active_slow_ + 1;
  const bool pushed = tick.limit_binds && r.runq_self + r.lock < 0.5 * queue;
  if (tick.completed > 0 && r.cpu > 0) {
    const double rate = tick.completed / tick.span;
    const double service = r.cpu / rate;
    const double known =
        tick.task_time - service - (r.runq_self + r.runq_other + r.throttled + r.lock) / rate;
    const bool lock_bound = size_.bottleneck == Bottleneck::kLock;
    const double wait = std::min(r.waiting / rate, std::max(0.0, known)) +
                        (lock_bound ? 0 : std::min(r.lock / rate, tick.task_time));
    const double weight = std::min(0.3, tick.completed / 50);
    const bool first = service_ <= 0;
    service_ = first ? service : service_ + weight * (service - service_);
    if (first || !(climbing || pushed)) {
      wait_ratio_ += (first ? 1 : weight) * (std::min(wait / service, 1e6) - wait_ratio_);
    }
  }
  if (service_ > 0) {
    knee_ = std::clamp(tick.cpus * neighbour_share_ * (1 + wait_ratio_), 1.0, 1e6);
  }
}

// m: less while more wait for a CPU or a lock than the square root of K, back when fewer do.
void PoolSizer::Trim(const Tick& tick) {
  if (!tick.rates || !(knee_ > 0)) {
    return;
  }
  const double target = std::max(options_.beta, 0.1) * std::sqrt(knee_);
  const double lock = lock_search_.on() ? 0 : tick.rates->lock;  // One judge of it at a time.
  const double queue = tick.rates->runq_self / share_ + lock;
  const double steps = tick.span / 0.1;
  if (queue > 1.5 * target) {
    constexpr double kLog2E = 1.4426950408889634;
    trim_ *= Exp2(-0.12 * kLog2E * std::min(1.0, (queue - target) / target) * steps);
  } else if (queue < 0.75 * target) {
    const double rise = 1 + (tick.limit_binds ? 0.03 : 0.01) * std::min(steps, 10.0);
    const double most = tick.limit_binds ? 1.5 : std::max(1.0, trim_ * 0.99);
    trim_ = std::min(most, trim_ * rise);
  }
  trim_ = std::clamp(trim_, 0.05, 1.5);
}

double PoolSizer::Staffing() const { return trim_ * Need(knee_); }

// More threads help tasks that wait, not a CPU that is full or taken, or busy with threads.
bool PoolSizer::MayStarveGrow(const Tick& tick) {
  if (tick.rates) {
    const SignalRates& r = *tick.rates;
    const double runnable = r.runq_self + r.runq_other + r.throttled + r.lock;
    const double queue = options_.beta * std::sqrt(std::max(knee_, 1.0));
    return share_ >= 0.9 && r.cpu < 0.9 * tick.cpus && runnable < std::max(queue, 1.0) &&
           r.switches * kSwitchSeconds < kSwitchesMost * tick.cpus;
  }
  growth_blocked_ -= tick.span;
  if (growth_blocked_ > 0) {
    return false;
  }
  if (anchor_threads_ <= 0 || tick.threads < anchor_threads_) {
    anchor_threads_ = tick.threads;
    anchor_rate_ = rate_;
  }
  if (tick.threads < 1.2 * anchor_threads_) {
    return true;
  }
  settled_ += tick.span;
  const bool hangs = rate_ < 0.5 * anchor_rate_;  // That one needs threads, whatever it completes.
  if (!hangs && settled_ < 0.35) {
    return false;  // Throughput follows a residence later.
  }
  const bool flat = !hangs && rate_ < 1.05 * anchor_rate_;  // As with a full CPU.
  anchor_threads_ = 0;
  settled_ = 0;
  pause_ = flat ? std::min(60.0, std::max(2.0, 2 * pause_)) : 0;
  growth_blocked_ = pause_;
  return !flat;
}

Reason PoolSizer::ReasonOf(const Tick& tick, double wanted) const {
  if (wanted >= options_.threads_max) {
    return Reason::kCap;
  }
  switch (size_.bottleneck) {
    case Bottleneck::kOwnCpu:
      return Reason::kOwnCpu;
    case Bottleneck::kLock:
      return Reason::kLock;
    case Bottleneck::kNeighbour:
      return Reason::kNeighbour;
    case Bottleneck::kThrottled:
      return Reason::kThrottled;
    default:
      break;
  }
  if (!tick.rates) {
    return Reason::kStale;
  }
  if (tick.starving()) {
    return Reason::kDependency;  // All wait, and not for a CPU.
  }
  return tick.pressed() ? Reason::kHealthy : Reason::kAppLimited;
}

Verdict PoolSizer::Classify(const Tick& tick) {
  Evidence e{.now = tick.now, .stale = !tick.rates.has_value()};
  e.app_limited = tick.queued <= 0 && tick.active_max < tick.threads / 2;
  e.rejecting = tick.limit_binds;
  e.cpus = tick.cpus;
  e.cpu_share = neighbour_share_;
  e.knee = std::max(knee_, 1.0);
  e.threads_active = tick.active;
  if (tick.rates && rate_ > 0) {
    const SignalRates& r = *tick.rates;
    e.throttled_ratio = r.cpu > 0 ? r.throttled / r.cpu : 0;
    e.cpu_used = r.cpu;
    e.runq_own = r.runq_self / share_;
    e.lock = r.lock;
    e.service = r.cpu / rate_;
    e.lock_wait = r.lock / rate_;
    e.downstream = r.network / rate_;
    const double in_use = std::max(tick.active, 0.1);
    e.own = std::min(1.0, (e.runq_own + e.lock) / in_use);
    e.switch_share = r.switches * kSwitchSeconds / std::max(0.05, tick.cpus * neighbour_share_);
  }
  return classifier_.Add(e);
}

// The size beyond which threads only wait for a lock. A limit in front keeps the lock's queue short
// by itself: two that search would fight.
double PoolSizer::MostOfUse(const Tick& tick) {
  double most = std::numeric_limits<double>::infinity();
  if (tick.rates && knee_ > 0 && tick.limit <= 0) {
    most = lock_search_.Add({.span = tick.span,
                             .threads = threads_,
                             .completed = tick.completed,
                             .residence = residence_,
                             .lock = tick.rates->lock,
                             .knee = knee_,
                             .pressed = tick.pressed(),
                             .lock_bound = size_.bottleneck == Bottleneck::kLock});
  } else {
    lock_search_.Stop();
  }
  if (lock_search_.on() && size_.bottleneck == Bottleneck::kHealthy) {
    size_.bottleneck = Bottleneck::kLock;  // Kept off by the size, not gone.
  }
  return most;
}

PoolSize PoolSizer::OnTick(const PoolWindow& window) {
  const Tick tick(window);
  if (!(tick.span > 0)) {
    return size_;
  }
  Measure(tick);
  Trim(tick);

  size_.bottleneck = Classify(tick).bottleneck;
  const double of_use = MostOfUse(tick);

  // The most that could answer within the deadline, whatever the queue says.
  const double by_deadline =
      service_ > 0
          ? tick.cpus * neighbour_share_ * (1 + BoundedSeconds(options_.task_deadline) / service_)
          : options_.threads_max;
  const double floor = tick.limit > 0 ? std::ceil(Need(tick.limit)) : 0;
  double wanted = threads_;
  if (tick.pressed()) {
    if (knee_ > 0 && tick.rates) {
      wanted = Staffing();
    }
    if (tick.starving() && MayStarveGrow(tick)) {
      wanted = std::max(wanted, std::max(threads_ * kGrow, threads_ + 1));
    }
  } else {
    const double enough = std::max(Need(peak_), 1.0);
    wanted = std::min(threads_, knee_ > 0 && tick.rates ? std::min(enough, Staffing()) : enough);
  }
  wanted = std::max(std::min({wanted, by_deadline, of_use}), floor);
  wanted = std::clamp<double>(wanted, options_.threads_min, options_.threads_max);

  const double steps = std::min(tick.span / 0.1, 10.0);
  const double most =
      std::max(threads_ * Exp2(steps * 0.32192809488736235), threads_ + 1);  // log2 1.25
  const double shrink = (tick.limit > 0 ? kShrinkBehindLimit : kShrink) * std::min(tick.span, 10.0);
  const bool contended = tick.rates && share_ < 0.9;
  // What a neighbour took is no reason to grow; a limit in front is, once it needs the threads.
  const double beside_others = tick.pressed() ? std::max(threads_, floor) : threads_;
  threads_ =
      std::clamp(wanted, threads_ * (1 - shrink), contended ? std::min(most, beside_others) : most);
  threads_ = std::clamp<double>(threads_, options_.threads_min, options_.threads_max);
  size_.threads = static_cast<int>(std::lround(std::ceil(threads_ - 1e-9)));
  size_.reason = ReasonOf(tick, wanted);
  return size_;
}

}  // namespace loadline::control
