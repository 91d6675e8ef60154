// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rules/observation.h"
#include "rules/proposal.h"
#include "rules/rule_row.h"
#include "rules/standing.h"

namespace loadline::control {

// A dependency that is full shows before anything is late, by what comes out of it
// (DepartureRate::full). Without a signal it might as well be our own queue: that is left to the
// probe.
class FullDependency {
 public:
  static constexpr RuleRow kRow{
      .name = "full_dependency",
      .when = "less comes out than goes in, without a gap, and it takes half as long again",
      .does =
          "a dependency is full, before anything is late: no more than can be answered in time "
          "at that rate, and the probe goes on from there"};

  explicit FullDependency(const KernelOptions& options) : own_max_(options.own_max) {}

  Proposal OnTick(const Observation& now, const Standing& standing) const {
    const bool full = now.tick.signal && now.residence.own() <= own_max_ && !now.turning_late() &&
                      !standing.full && now.departures.full();
    if (!full) {
      return {};
    }
    return {.reason = Reason::kDependency,
            .evidence = {.name = "answerable", .value = now.departures.answerable()},
            .suspect = Suspicion{now.departures.answerable(), now.departures.rate()}};
  }

 private:
  double own_max_;
};

}  // namespace loadline::control
