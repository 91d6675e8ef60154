// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include "rules/observation.h"
#include "rules/proposal.h"
#include "rules/rule_row.h"
#include "rules/standing.h"
#include "seconds.h"

namespace loadline::control {

// Lets a few trial requests past requests that hang, so that a dependency's return is noticed.
//
// A request that hangs for five seconds keeps its place for five seconds: without this, nobody
// would notice within that time that the dependency answers again. So a request past its deadline
// keeps no place of the limit; instead, trials are admitted one by one:
//
//     rate   = clamp(2 per deadline, 4/s, 20/s), and at most places / (2.5 * how long they take)
//     limit  = in flight + trials due, at most `bound` = limit at the beginning + places
//
// Each trial that answers in time makes two more due, so the end is found within a few residences.
// After it, what still hangs stays outside the limit until it is gone.
class TrialRequests {
 public:
  static constexpr RuleRow kRow{
      .name = "trial_requests",
      .when =
          "almost nothing is answered in time, and it would take two deadlines to drain: "
          "requests hang",
      .does =
          "what is past its deadline keeps no place; a few trials per second notice the "
          "return. After it, what still hangs stays outside the limit"};

  explicit TrialRequests(const KernelOptions& options) : options_(options) {}

  Proposal OnTick(const Observation& now, const Standing& standing);

  // The limit to announce: the one that stands does not count what hangs.
  Proposal OnLimit(const Standing& standing) const;

  void Tell(Standing& standing) const {
    standing.trials = on_;
    standing.leftover = leftover_;
  }

 private:
  static constexpr double kDrains =
      2;  // Deadlines: what takes longer to drain is not merely queued.
  static constexpr double kPerDeadline = 2;  // Trials: one is under way while the next is due.
  static constexpr double kRateLeast = 4;  // Per second: the return is to be seen within a second.
  static constexpr double kRateMost =
      20;  // Per second: as many windows of 100 ms can tell apart, twice.
  static constexpr double kPlacesSpare =
      2.5;  // Of the places, so that they last while trials hang too.
  static constexpr double kHangLeast = 1;    // Second: before, nobody knows how long they hang.
  static constexpr double kOverdrawn = 0.5;  // Seconds of trials that a bunch counts as at most.
  static constexpr double kDueMost = 2;      // Without an answer in time.
  static constexpr double kPerGood = 2;      // Trials due for each that answered in time.

  void Begin(double lim);
  void CountTrials(const Observation& now);

  KernelOptions options_;
  bool on_ = false;
  double due_ = 0, bound_ = 0, age_ = 0, hang_ = 0, in_flight_ = 0;
  double leftover_ = 0;  // Requests of the past hang that are still in flight.
};

inline void TrialRequests::Begin(double lim) {
  on_ = true;
  due_ = 1;
  age_ = 0;
  hang_ = 0;
  leftover_ = 0;
  bound_ = lim + options_.trial_places;
}

inline Proposal TrialRequests::OnTick(const Observation& now, const Standing& standing) {
  in_flight_ = Count(now.tick.in_flight);
  const double pending = now.lateness.pending();
  // Hung, not merely queued: what is pending would take more than two deadlines to drain.
  const bool hung = now.dependency_dead(options_.own_max) &&
                    pending > kDrains * BoundedSeconds(now.tick.deadline) * now.lateness.rate();
  if (hung && !on_ && standing.full_rate <= 0) {
    Begin(std::max(standing.before_late, in_flight_));
  }
  if (on_ && now.change == Lateness::Change::kEnded) {
    on_ = false;
    leftover_ = pending;
  }
  leftover_ = std::min(leftover_, pending);
  if (on_) {
    CountTrials(now);
  }
  return {};
}

inline void TrialRequests::CountTrials(const Observation& now) {
  const Window& tick = now.tick;
  const double span = BoundedSeconds(tick.span);
  age_ += span;
  if (const double n = Count(tick.completed); n > 0) {
    hang_ = BoundedSeconds(tick.latency_sum) / n;  // So long they take, now that some answer.
  }
  const double hung_for = std::max(hang_ > 0 ? hang_ : age_, kHangLeast);
  const double by_deadline = std::clamp(
      kPerDeadline / std::max(BoundedSeconds(tick.deadline), 1e-3), kRateLeast, kRateMost);
  const double places = options_.trial_places;
  const double rate = std::min(by_deadline, places / (kPlacesSpare * hung_for));
  const double admitted = std::max(0.0, Count(tick.arrivals) - Count(tick.rejected));
  // Between two ticks, arrivals also take the places of hung requests that end. Such a bunch counts
  // as half a second of trials at most: else the wait after it would be as long as the hang.
  due_ = std::clamp(due_ - admitted, -kOverdrawn * rate, places);
  due_ = std::min(due_ + rate * span, std::max(kDueMost, due_));
  due_ = std::min(due_ + kPerGood * now.lateness.good(), places);
}

inline Proposal TrialRequests::OnLimit(const Standing& standing) const {
  const double lim = standing.lim();
  if (on_) {
    const double due = std::floor(std::max(0.0, due_));
    return Exactly(std::min(in_flight_ + due, std::max(bound_, lim)), Reason::kLate,
                   {.name = "due", .value = due_});
  }
  if (leftover_ > 0) {
    return Exactly(lim + leftover_, Reason::kHealthy, {.name = "leftover", .value = leftover_});
  }
  return {};
}

}  // namespace loadline::control
