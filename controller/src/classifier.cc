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

bool Classifier::Active(Bottleneck bottleneck) const {
  const auto* at = std::find(kOrder.begin(), kOrder.end(), bottleneck);
  return rules_[static_cast<std::size_t>(at - kOrder.begin())].active;
}

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
    case Bottleneck::kHealthy:
      return false;
  }
  return false;
}

Verdict Classifier::Add(const Evidence& evidence) {
  Bottleneck now = Bottleneck::kHealthy;
  for (std::size_t i = kOrder.size(); i-- > 0;) {
    const bool quick = kOrder[i] == Bottleneck::kStale;
    Rule& rule = rules_[i];
    if (Holds(kOrder[i], evidence)) {
      now = kOrder[i];
      rule.missed = 0;
      rule.held = std::min(rule.held + 1, 3);
      rule.active |= rule.held >= (quick ? 1 : 3);
    } else {
      rule.held = 0;
      rule.missed = std::min(rule.missed + 1, 5);
      rule.active &= rule.missed < (quick ? 1 : 5);
    }
  }
  Remember(evidence);

  const Rule* first =
      std::find_if(rules_.begin(), rules_.end(), [](const Rule& r) { return r.active; });
  verdict_ = {};
  if (first != rules_.end()) {
    verdict_.bottleneck = kOrder[static_cast<std::size_t>(first - rules_.begin())];
  }
  const bool taken = verdict_.bottleneck == Bottleneck::kThrottled ||
                     verdict_.bottleneck == Bottleneck::kNeighbour;
  if (taken && !Active(Bottleneck::kAppLimited)) {
    for (std::size_t i = kFirstCause; i < kEndCause; ++i) {
      if (rules_[i].active) {
        verdict_.modifier = verdict_.bottleneck;
        verdict_.bottleneck = kOrder[i];
        break;
      }
    }
  }
  recent_[static_cast<std::size_t>(windows_++ % 10)] = now;
  windows_ = windows_ == 1'000'000'000 ? 10 : windows_;  // 1e9 is a multiple of ten.
  const auto seen = static_cast<std::size_t>(std::min(windows_, 10));
  const auto agreed = std::count_if(
      recent_.begin(), recent_.begin() + static_cast<std::ptrdiff_t>(seen), [this](Bottleneck b) {
        return b == verdict_.bottleneck ||
               (verdict_.modifier != Bottleneck::kHealthy && b == verdict_.modifier);
      });
  verdict_.confidence = static_cast<double>(agreed) / static_cast<double>(seen);
  return verdict_;
}

}  // namespace loadline::control
