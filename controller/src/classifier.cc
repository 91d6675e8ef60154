// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/classifier.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstddef>

namespace loadline::control {
namespace {

// In the order of precedence.
constexpr std::array<Bottleneck, 10> kOrder = {
    Bottleneck::kStale,   Bottleneck::kThrottled, Bottleneck::kNeighbour, Bottleneck::kAppLimited,
    Bottleneck::kOwnCpu,  Bottleneck::kLock,      Bottleneck::kDepDead,   Bottleneck::kDepSaturated,
    Bottleneck::kDepSlow, Bottleneck::kThreads,
};
constexpr std::size_t kFirstCause = 4;  // own_cpu to dep_slow: what 2 and 3 may modify.
constexpr std::size_t kEndCause = 9;

std::int64_t SecondOf(Clock::Time now) {
  return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
}

}  // namespace

Classifier::Classifier() : memory_({kOrder, kFirstCause, kEndCause}) {}

double Classifier::DownstreamBefore(Clock::Time now) const {
  const std::int64_t wanted = SecondOf(now) - 30;
  const Second* best = nullptr;  // The oldest second that is no older than 30 s.
  for (const Second& second : downstream_) {
    if (second.windows > 0 && second.second >= wanted && second.second + 2 < SecondOf(now) &&
        (best == nullptr || second.second < best->second)) {
      best = &second;
    }
  }
  return best == nullptr ? 0 : best->sum / best->windows;
}

void Classifier::Remember(const Evidence& e) {
  if (e.stale || !(e.downstream >= 0)) {
    return;
  }
  const std::int64_t second = SecondOf(e.now);
  Second& slot = downstream_[static_cast<std::size_t>(((second % kSeconds) + kSeconds) % kSeconds)];
  if (slot.second != second) {
    slot = {.second = second};
  }
  slot.sum += e.downstream;
  slot.windows += 1;
}

bool Classifier::Holds(Bottleneck bottleneck, const Evidence& e) const {
  const double queue = 1.2 * std::sqrt(std::max(e.knee, 1.0));
  const double cpus = std::max(e.cpus * e.cpu_share, 1e-3);
  const bool busy = e.cpu_used > 0.9 * cpus;
  switch (bottleneck) {
    case Bottleneck::kStale:
      return e.stale;
    case Bottleneck::kAppLimited:
      return e.app_limited && !e.late;
    case Bottleneck::kThrottled:
      return e.throttled_ratio > 0.05;
    case Bottleneck::kNeighbour:
      return e.cpu_share < 0.9 && e.throttled_ratio <= 0.05;
    case Bottleneck::kOwnCpu:
      return e.runq_own > queue && busy;
    case Bottleneck::kLock:
      return (e.lock > queue || (e.lock_wait > e.service && e.lock > 0)) && !busy;
    case Bottleneck::kDepDead:
      return e.late && e.own < 0.08;
    case Bottleneck::kDepSaturated:
      return e.saturated;
    case Bottleneck::kDepSlow: {
      const double before = DownstreamBefore(e.now);
      return before > 0 && e.downstream > 1.3 * before && e.own < 0.08 && !e.rejecting;
    }
    case Bottleneck::kThreads:
      return e.threads_active > 2 * (e.knee + queue) || e.switch_share > 0.03;
    default:  // Healthy, and what takes no limit to see.
      return false;
  }
}

Verdict Classifier::Add(const Evidence& evidence) {
  std::uint32_t holds = 0;
  for (std::size_t i = 0; i < kOrder.size(); ++i) {
    holds |= std::uint32_t{Holds(kOrder[i], evidence)} << i;
  }
  Remember(evidence);
  return memory_.Add(holds);
}

}  // namespace loadline::control
