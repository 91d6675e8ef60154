// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "rules/observation.h"
#include "rules/proposal.h"
#include "rules/rule_row.h"
#include "rules/standing.h"
#include "seconds.h"

namespace loadline::control {

// What to do while almost nothing meets its deadline: go down to what can be answered in time. If
// our own queue is to blame, the limit goes there; else a dependency may be full, and the
// throughput probe starts from there, downward.
class OverloadBrake {
 public:
  static constexpr RuleRow kRow{
      .name = "overload_brake",
      .when = "more than 90 % pass their deadline, counted when it passes and not when they answer",
      .does =
          "down to what can be answered in time. When that is over, and it was slow and not "
          "full, the limit is what it was"};

  explicit OverloadBrake(const KernelOptions& options)
      : options_(options), good_limit_(options.limit_initial) {}

  Proposal OnTick(const Observation& now, const Standing& standing);
  Proposal OnWindow(const Observation& now, const Observed& window, const Standing& standing);

  void Tell(Standing& standing) const {
    standing.before_late = before_;
    standing.full_rate = full_rate_;
  }

 private:
  static constexpr double kAnswerable =
      0.8;  // Of the deadline: what queues longer will be late by chance.
  static constexpr double kLeastOfGood =
      0.1;  // Of L_good: below that, no throughput is left to judge by.
  static constexpr double kBeforeMost = 2;   // Times L_good: what ran up while it was getting late.
  static constexpr double kSlowRate = 0.5;   // Of the good rate: a full dependency serves more.
  static constexpr double kGoodMemory = 10;  // Seconds: longer than a spell of late answers.
  static constexpr double kRoom =
      1.5;  // Times what was in use: what was not tried is not known good.

  Proposal Cap(double rate, double deadline, double queue_share, const Standing& standing) const;

  KernelOptions options_;
  double good_limit_;     // L_good: in use while nothing was late.
  double full_rate_ = 0;  // Of a dependency that is full; 0: it is slow, or hangs.
  double before_ = 0;     // The limit to return to when what hangs answers again.
};

inline Proposal OverloadBrake::Cap(double rate, double deadline, double queue_share,
                                   const Standing& standing) const {
  const double cap =
      std::max({standing.least, kLeastOfGood * good_limit_, kAnswerable * deadline * rate});
  Proposal proposal{.reason = Reason::kLate, .evidence = {.name = "rate", .value = rate}};
  if (!standing.probing() && queue_share > options_.own_max) {
    proposal.ceiling = cap;
  } else {
    proposal.suspect = Suspicion{cap, rate};
  }
  return proposal;
}

inline Proposal OverloadBrake::OnTick(const Observation& now, const Standing& standing) {
  Proposal proposal;
  const bool steady = now.departures.steady();
  if (now.change == Lateness::Change::kBegan) {
    before_ = std::min(standing.lim(), std::max(kBeforeMost * good_limit_, options_.limit_initial));
    full_rate_ = steady ? now.departures.rate() : 0;
    const double rate = full_rate_ > 0 ? full_rate_ : now.lateness.rate();
    proposal = Cap(rate, BoundedSeconds(now.tick.deadline), now.queue_share, standing);
  }
  if (!steady) {
    full_rate_ = 0;
  }
  if (now.change == Lateness::Change::kEnded) {
    // Less throughput at less in flight: it was slow, not full. The limit from before will do.
    const bool was_slow =
        standing.trials ||
        (full_rate_ <= 0 && now.lateness.rate() < kSlowRate * now.lateness.rate_good());
    if (was_slow) {
      proposal = Exactly(std::max(standing.lim(), before_), Reason::kHealthy,
                         {.name = "before", .value = before_});
      proposal.clear = true;
    }
  }
  return proposal;
}

inline Proposal OverloadBrake::OnWindow(const Observation& now, const Observed& window,
                                        const Standing& standing) {
  if (now.lateness.late()) {
    return Cap(now.departures.rate(), window.deadline, now.queue_share, standing);
  }
  good_limit_ += std::min(1.0, window.span / kGoodMemory) *
                 (std::min(standing.lim(), kRoom * window.in_flight_max) - good_limit_);
  return {};
}

}  // namespace loadline::control
