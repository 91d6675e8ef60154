// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/kernel_classifier.h"

#include <algorithm>
#include <cmath>

#include "seconds.h"
#include "window_evidence.h"
#include "window_fold.h"

namespace loadline::control {
namespace {

// In the order of precedence.
constexpr std::array<Bottleneck, 12> kKernelOrder = {
    Bottleneck::kThrottled,        Bottleneck::kNeighbour, Bottleneck::kOwnCpu,
    Bottleneck::kEventLoopBlocked, Bottleneck::kLock,      Bottleneck::kDisk,
    Bottleneck::kMemory,           Bottleneck::kDepSlow,   Bottleneck::kHandoff,
    Bottleneck::kThreads,          Bottleneck::kOversized, Bottleneck::kIdle,
};
constexpr std::size_t kKernelFirstCause = 2;  // own_cpu to handoff: what the first two may modify.
constexpr std::size_t kKernelEndCause = 9;

constexpr double kTrust = 0.8;         // Nobody says how requests fare.
constexpr double kTrustSampled = 0.6;  // And what threads wait for is sampled.

constexpr double kQueueMin = 0.02;  // Threads held back from a CPU that are worth a word.
constexpr double kWaitMin = 0.1;    // Threads that wait.
constexpr double kRest = 0.05;      // Active threads below which a pool is at rest.

constexpr double kThrottledMax = 0.05;
constexpr double kShareMin = 0.9;    // f.
constexpr double kUsedMin = 0.9;     // Of C f.
constexpr double kLoopKept = 0.05;   // Of one loop; 50 ms per second.
constexpr double kLoopsKept = 0.02;  // Of each of many: they all wait for something now and then.
constexpr double kLockShareMin = 0.1;
constexpr double kHalf = 0.5;
// With requests counted it is 1.3; without, the load of a host moves latencies of its own peers by
// that.
constexpr double kSlowdownMax = 1.5;
constexpr double kSwitchesMax = 0.03;
constexpr double kIdleShareMin = 0.8;
constexpr double kIdleSecondsMin = 300;
constexpr double kOversizedThreadsMin = 5;

double Clean(double value) { return value > 0 ? std::min(value, 1e9) : 0; }  // NaN: 0.

double Part(double part, double whole) { return whole > 0 ? std::min(part / whole, 1e9) : 0; }

// As Part, but what there is none of is exceeded by anything.
double Ratio(double a, double b) { return a > 0 ? std::min(a / std::max(b, 1e-9), 1e9) : 0; }

}  // namespace

// Rates are threads on average.
struct KernelClassifier::Measured {
  SignalRates rates;
  double cpus = 0;       // C f.
  double cpu_share = 1;  // f.
  double queued = 0;     // N_q.
  double lock = 0;
  double disk = 0;
  double memory = 0;
  double condition = 0;
  double waiting = 0;
  double active = 0;
  double knee = 1;
  double queue = 1;  // Q*.
  double idle_share = 0;
  double idle_seconds = 0;
  double slowdown = 0;
  double peer_share = 0;
  double condition_share = 0;
  double loops_kept = 0;
  double loops_kept_max = 0;

  double throttled_ratio() const { return Ratio(rates.throttled, rates.cpu); }
  bool throttled() const {
    return rates.throttled > kQueueMin && throttled_ratio() > kThrottledMax;
  }
  double used() const { return Part(rates.cpu, cpus); }
  double switch_share() const { return Part(rates.switches * kSwitchSeconds, cpus); }
  double elsewhere() const { return std::max(0.0, waiting - condition - lock); }  // Rounding.
};

KernelClassifier::KernelClassifier()
    : memory_({kKernelOrder, kKernelFirstCause, kKernelEndCause}) {}

KernelClassifier::Measured KernelClassifier::Measure(const KernelWindow& window) {
  const Clock::Time now = window.signal.taken_at;
  const double span = BoundedSeconds(window.signal.span);
  const PoolCounters& c = window.signal.counters;
  const double cpus = std::clamp(Clean(window.cpus), 0.01, 1e5);
  Measured m{.rates = RatesOf(window.signal, cpus)};
  const SignalRates& r = m.rates;
  cpu_share_ += 0.3 * (NeighbourShare(r) - cpu_share_);
  m.cpu_share = cpu_share_;
  m.cpus = cpus * cpu_share_;
  m.queued = r.runq_self / cpu_share_;
  double idle = 0;
  std::array<double, kWaitKindCount> of_kind{};
  for (const WaitReasonInfo& info : kWaitReasons) {
    const double rate = BoundedSeconds(c.blocked_for(info.reason)) / span;
    m.waiting += info.blocks_work ? rate : 0;
    idle += info.idle ? rate : 0;
    of_kind[static_cast<std::size_t>(info.kind)] += rate;
  }
  m.lock = of_kind[static_cast<std::size_t>(WaitKind::kLock)];
  m.disk = of_kind[static_cast<std::size_t>(WaitKind::kDisk)];
  m.memory = of_kind[static_cast<std::size_t>(WaitKind::kMemory)];
  m.condition = of_kind[static_cast<std::size_t>(WaitKind::kCondition)];
  m.active = r.cpu + r.runq_self + r.runq_other + r.throttled + m.waiting;
  m.knee = std::clamp(m.cpus * (1 + Ratio(m.waiting - m.lock, r.cpu)), 1.0, 1e6);
  m.queue = 1.2 * std::sqrt(m.knee);

  m.idle_share = Part(idle, r.threads);
  if (!mostly_idle_ || m.idle_share <= kIdleShareMin || now < mostly_idle_since_) {
    mostly_idle_since_ = now;
  }
  mostly_idle_ = m.idle_share > kIdleShareMin;
  m.idle_seconds = SecondsBetween(mostly_idle_since_, now);

  m.peer_share = Part(Clean(window.peer_wait), m.waiting);
  m.condition_share = std::min(Clean(window.condition_share), 1.0);
  m.loops_kept = window.event_loops > 0 ? Clean(window.loops_kept) : 0;
  m.loops_kept_max = std::max(kLoopKept, kLoopsKept * Count(window.event_loops));

  const WaitBaseline::Sums sums{.seconds = span,
                                .waited = std::max(r.network, Clean(window.peers_wait)) * span,
                                .on_cpu = BoundedSeconds(c.on_cpu),
                                .switches = Count(c.switches_voluntary)};
  if (m.waiting > kWaitMin && m.peer_share > kHalf) {  // Else it decides nothing.
    m.slowdown = baseline_.Slowdown(now, sums);
  }
  if (!Holds(Bottleneck::kDepSlow, m)) {
    baseline_.Add(now, sums);
  }
  return m;
}

bool KernelClassifier::Holds(Bottleneck bottleneck, const Measured& m) const {
  const bool waits = m.waiting > kWaitMin;
  switch (bottleneck) {
    case Bottleneck::kThrottled:
      return m.throttled();
    case Bottleneck::kNeighbour:
      return m.cpu_share < kShareMin && m.rates.runq_other > kQueueMin && !m.throttled();
    case Bottleneck::kOwnCpu:
      return m.queued > kQueueMin && m.queued > 1.2 * std::sqrt(m.active) && m.used() > kUsedMin;
    case Bottleneck::kEventLoopBlocked:
      return m.loops_kept > m.loops_kept_max;
    case Bottleneck::kLock:
      return m.lock > kWaitMin && m.lock > kLockShareMin * m.waiting &&
             (m.lock > m.queue || m.lock > m.rates.cpu) && m.used() < kUsedMin;
    case Bottleneck::kDisk:
      return waits && Part(m.disk, m.waiting) > kHalf;
    case Bottleneck::kMemory:
      return waits && Part(m.memory, m.waiting) > kHalf;
    case Bottleneck::kDepSlow:
      return waits && m.peer_share > kHalf && m.slowdown > kSlowdownMax;
    case Bottleneck::kHandoff:
      return waits && m.condition_share > kHalf && Part(m.condition, m.waiting) > kHalf &&
             m.elsewhere() > std::max(m.rates.cpu, kWaitMin);
    case Bottleneck::kThreads:
      return m.active > 2 * (m.knee + m.queue) || m.switch_share() > kSwitchesMax;
    case Bottleneck::kOversized:
      return m.idle_seconds >= kIdleSecondsMin && m.rates.threads >= kOversizedThreadsMin &&
             m.active >= kRest;
    case Bottleneck::kIdle:
      return m.active < kRest;
    default:  // Healthy, and what takes a limit to see.
      return false;
  }
}

void KernelClassifier::Explain(Bottleneck bottleneck, const Measured& m) {
  const auto add = [&](std::string_view name, double value, double bound, bool below = false) {
    if (diagnosis_.figure_count < diagnosis_.figures.size()) {
      diagnosis_.figures[diagnosis_.figure_count++] = {name, value, bound, below};
    }
  };
  switch (bottleneck) {
    case Bottleneck::kThrottled:
      return add("throttled_per_cpu_second", m.throttled_ratio(), kThrottledMax);
    case Bottleneck::kNeighbour:
      return add("cpu_share", m.cpu_share, kShareMin, true);
    case Bottleneck::kOwnCpu:
      add("queued_threads", m.queued, 1.2 * std::sqrt(m.active));
      return add("cpu_used_share", m.used(), kUsedMin);
    case Bottleneck::kEventLoopBlocked:
      return add("loop_kept_seconds_per_second", m.loops_kept, m.loops_kept_max);
    case Bottleneck::kLock:
      if (m.lock > m.queue) {
        add("lock_threads", m.lock, m.queue);
      } else {
        add("lock_per_cpu_second", Ratio(m.lock, m.rates.cpu), 1);
      }
      return add("cpu_used_share", m.used(), kUsedMin, true);
    case Bottleneck::kDisk:
      return add("disk_share", Part(m.disk, m.waiting), kHalf);
    case Bottleneck::kMemory:
      return add("memory_share", Part(m.memory, m.waiting), kHalf);
    case Bottleneck::kDepSlow:
      add("peer_share", m.peer_share, kHalf);
      return add("slowdown", m.slowdown, kSlowdownMax);
    case Bottleneck::kHandoff:
      add("condition_share", m.condition_share, kHalf);
      return add("waiting_elsewhere_threads", m.elsewhere(), std::max(m.rates.cpu, kWaitMin));
    case Bottleneck::kThreads:
      if (m.active > 2 * (m.knee + m.queue)) {
        return add("active_threads", m.active, 2 * (m.knee + m.queue));
      }
      return add("switch_share", m.switch_share(), kSwitchesMax);
    case Bottleneck::kOversized:
      add("idle_share", m.idle_share, kIdleShareMin);
      return add("idle_seconds", m.idle_seconds, kIdleSecondsMin);
    case Bottleneck::kIdle:
      return add("active_threads", m.active, kRest, true);
    default:
      return;
  }
}

const Diagnosis& KernelClassifier::Add(const KernelWindow& window) {
  if (window.signal.span <= Clock::Duration::zero()) {
    return diagnosis_;
  }
  const Measured m = Measure(window);
  std::uint32_t holds = 0;
  for (std::size_t i = 0; i < kKernelOrder.size(); ++i) {
    holds |= std::uint32_t{Holds(kKernelOrder[i], m)} << i;
  }
  const Verdict before = diagnosis_.verdict;
  Verdict& verdict = diagnosis_.verdict;
  verdict = memory_.Add(holds);
  verdict.confidence *= window.sampled ? kTrustSampled : kTrust;
  const bool changed =
      before.bottleneck != verdict.bottleneck || before.modifier != verdict.modifier;
  if (changed || Holds(verdict.bottleneck, m)) {
    diagnosis_.figures = {};
    diagnosis_.figure_count = 0;
    Explain(verdict.bottleneck, m);
    Explain(verdict.modifier, m);
  }
  return diagnosis_;
}

}  // namespace loadline::control
