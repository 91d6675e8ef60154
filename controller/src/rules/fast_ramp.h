// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <optional>

#include "rules/observation.h"
#include "rules/proposal.h"
#include "rules/rule_row.h"
#include "rules/standing.h"
#include "seconds.h"

namespace loadline::control {

// Where demand jumps: by Little's law no more than offered rate * R0 can be of use; the limit goes
// there tick by tick, in steps of what brings the CPUs to ramp_cpu_max, fourfold at most. At a cold
// start no R0 is known: the kernel says after one tick that nobody queues, and sixteen times the
// initial limit is the most: a dependency may be down.
//
// Where nothing comes out although it should (DepartureRate::completion_gap), calls became slower
// by as long as that lasts: then up to offered rate * gap, and R0 may rise by the gap.
class FastRamp {
 public:
  static constexpr RuleRow kRow{
      .name = "fast_ramp",
      .when =
          "demand jumps while less than half of the CPUs is in use; or nothing comes out "
          "although ten were due: calls became slower",
      .does =
          "per tick, up to offered rate * R0; in a gap up to offered rate * gap, and R0 may "
          "rise by it ([ADR 14](adr/0014-silence-and-freezes.md))"};

  explicit FastRamp(const KernelOptions& options) : options_(options) {}

  Proposal OnTick(const Observation& now, const Standing& standing);

 private:
  static constexpr double kPushes = 0.8;    // Of the limit in flight: demand is what holds us back.
  static constexpr double kNoQueue = 0.05;  // Of the residence: the noise of the signal.
  static constexpr double kQueuesMost = 0.25;  // Of the limit, in our own queues now.
  static constexpr double kShareLeast =
      0.9;                                 // Of the CPUs: beside a neighbour half use is not half.
  static constexpr double kCold = 5;       // Residences: until R0 is known.
  static constexpr double kColdFold = 16;  // Of the initial limit: a dependency may be down.
  static constexpr double kLonger =
      1.3;  // R0 at the higher load, at most; the gradient does the rest.
  static constexpr double kGapLonger =
      1.2;  // What is in flight in a gap takes as long as that at least.
  static constexpr double kInTime = 0.9;  // Of the deadline: what takes longer is lost.
  static constexpr double kGapEnds = 2;   // Ticks: a gap begins and ends within one.

  double Limit(const Observation& now, double lim) const;

  KernelOptions options_;
  std::optional<Clock::Time> first_tick_;  // The start.
};

inline double FastRamp::Limit(const Observation& now, double lim) const {
  const Window& tick = now.tick;
  const double gap = now.departures.completion_gap();
  const double cpus = BoundedCpus(tick.cpus);
  const SignalRates& rates = *now.rates;
  if (rates.runq_self + rates.lock > kQueuesMost * lim || CpuShare(rates) < kShareLeast) {
    return 0;
  }
  const double offered = Count(tick.arrivals) / std::max(BoundedSeconds(tick.span), 1e-3);
  const double takes =
      std::max(kLonger * now.residence.no_load(),
               std::min(kGapLonger * gap, kInTime * BoundedSeconds(tick.deadline)));
  const double need = now.residence.any() ? offered * takes + Count(tick.queued)
                                          : kColdFold * options_.limit_initial;
  const double by_cpu = std::clamp(options_.ramp_cpu_max * cpus / std::max(rates.cpu, 1e-6), 1.0,
                                   options_.ramp_fold_max);
  const double most = gap > 0 ? options_.ramp_fold_max : by_cpu;  // As before, only later.
  return std::min(most * lim, need);
}

inline Proposal FastRamp::OnTick(const Observation& now, const Standing& standing) {
  if (standing.probing() || now.turning_late()) {
    return {};
  }
  const Window& tick = now.tick;
  if (!first_tick_) {
    first_tick_ = tick.now;
  }
  const double gap = now.departures.completion_gap();
  const double no_load = now.residence.no_load();
  const bool cold =
      !now.residence.any() || SecondsBetween(*first_tick_, tick.now) <= kCold * no_load;
  const bool as_ever = no_load <= now.reference.most();
  Proposal proposal{.evidence = {.name = "gap", .value = gap}};
  if (gap > 0 && as_ever) {
    proposal.explained = now.reference.value() + gap + kGapEnds * BoundedSeconds(tick.span);
  }
  const bool steady =
      as_ever && (gap > 0 || (!standing.no_growth && now.residence.own() < kNoQueue));
  const double lim = standing.lim();
  if ((cold || steady) && now.rates != nullptr && Count(tick.in_flight) >= kPushes * lim) {
    proposal.floor = Limit(now, lim);
  }
  return proposal;
}

}  // namespace loadline::control
