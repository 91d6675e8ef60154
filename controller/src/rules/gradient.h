// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cmath>

#include "rules/observation.h"
#include "rules/proposal.h"
#include "rules/rule_row.h"
#include "rules/standing.h"

namespace loadline::control {

// Moves the limit to where requests take `tolerance` times as long as without load, in steps.
// Only if the limit is used, and never against a probe.
class Gradient {
 public:
  static constexpr RuleRow kRow{
      .name = "gradient",
      .when = "half of the limit is in use, and no dependency is probed",
      .does =
          "`L = 0.8 L + 0.2 (L * clamp(1.1 R0 / R, 0.5, 1.1) + sqrt L)`; settles at 1.1 K + "
          "sqrt(L). Aims at no answer later than 0.9 of the deadline "
          "([ADR 14](adr/0014-silence-and-freezes.md))"};

  explicit Gradient(const KernelOptions& options) : options_(options) {}

  Proposal OnWindow(const Observation& now, const Observed& window, const Standing& standing) const;

 private:
  static constexpr double kInUse =
      0.5;  // Of the limit: below, its place tells nothing. Netflix Gradient2's.

  KernelOptions options_;
};

inline Proposal Gradient::OnWindow(const Observation& now, const Observed& window,
                                   const Standing& standing) const {
  const double lim = standing.lim();
  if (window.in_flight_max < kInUse * lim || standing.probing()) {
    return {};
  }
  const double no_load = now.residence.no_load_now();
  const double g = std::clamp(options_.tolerance * no_load / window.residence,
                              options_.gradient_min, options_.gradient_max);
  // A late answer swings a loop unless the loop is as slow.
  const double weight =
      options_.smoothing / (1 + options_.delay_damping * now.residence.signal_age());
  double target = lim * g + std::sqrt(lim);
  if (window.rates) {  // Else nothing says how long it would take without a queue.
    // No more than can be answered in time: what queues until its deadline has passed is lost.
    const double latest = std::max(no_load, options_.deadline_share * window.deadline);
    target = std::min(target, lim * latest / window.residence);
  }
  return Exactly((1 - weight) * lim + weight * target, Reason::kOwnCpu,
                 {.name = "own", .value = now.residence.own()});
}

}  // namespace loadline::control
