// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "rules/observation.h"
#include "rules/proposal.h"
#include "rules/rule_row.h"
#include "rules/standing.h"

namespace loadline::control {

// A dependency that was full and answers half as much again is not full any more.
class Recovery {
 public:
  static constexpr RuleRow kRow{
      .name = "recovery",
      .when =
          "a dependency is probed, and throughput is half as high again as what it is compared "
          "with",
      .does = "the probe ends; what requests take now is what they take"};

  explicit Recovery(const KernelOptions&) {}

  Proposal OnWindow(const Observation& now, const Observed& window, const Standing& standing) const;

 private:
  static constexpr double kRisen = 1.5;  // Of the reference: more than a probe of +30 % gains.
};

inline Proposal Recovery::OnWindow(const Observation& now, const Observed& /*window*/,
                                   const Standing& standing) const {
  const double rate = now.departures.rate();
  if (!standing.probing() || now.departures.sparse() ||
      !(rate > kRisen * standing.reference_rate)) {
    return {};
  }
  Proposal proposal = Exactly(std::max(standing.lim(), standing.probe_limit), Reason::kHealthy,
                              {.name = "rate", .value = rate});
  proposal.clear = true;
  proposal.own_residence = now.residence.no_load_now();
  return proposal;
}

}  // namespace loadline::control
