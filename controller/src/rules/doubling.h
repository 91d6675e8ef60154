// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>

#include "exact_math.h"
#include "rules/observation.h"
#include "rules/proposal.h"
#include "rules/rule_row.h"
#include "rules/standing.h"

namespace loadline::control {

// Lets a limit that demand pushes against grow, at most twofold per residence, while pushing does
// not make R0 grow and throughput was not seen to stay where it was. Never beyond what fills the
// CPUs.
class Doubling {
 public:
  static constexpr RuleRow kRow{
      .name = "doubling",
      .when = "the limit binds, nobody queues, R0 stays where it was before we pushed",
      .does = "at most twofold per residence, and not beyond what fills the CPUs"};

  explicit Doubling(const KernelOptions& options) : doubling_max_(options.doubling_max) {}

  Proposal OnWindow(const Observation& now, const Observed& window, const Standing& standing);

  void Tell(Standing& standing) const { standing.doubled = grew_; }

 private:
  static constexpr double kBinds = 0.95;    // Of the limit, at the most of the window.
  static constexpr double kPushes = 0.8;    // Of the limit, at its end.
  static constexpr double kNoQueue = 0.05;  // Of the residence: the noise of the signal.
  static constexpr double kAhead = 1.1;     // Of what fills the CPUs: the rest is the gradient's.

  double doubling_max_;
  bool grew_ = false;  // In the last window.
};

inline Proposal Doubling::OnWindow(const Observation& now, const Observed& window,
                                   const Standing& standing) {
  const double lim = standing.lim();
  const double no_load = now.residence.no_load();
  const bool binds = window.pressed || window.in_flight_max >= kBinds * lim;
  grew_ = !standing.probing() && !standing.no_growth && binds && now.residence.own() < kNoQueue &&
          no_load <= now.reference.most() && window.in_flight >= kPushes * lim;
  if (!grew_) {
    return {};
  }
  double most = Exp2(std::min(doubling_max_, window.span / no_load));
  if (window.rates) {
    const double cpus = window.cpus * now.residence.cpu_share();
    most = std::clamp(kAhead * cpus / std::max(window.rates->cpu, 1e-6), 1.0, most);
  }
  return {.floor = lim * most, .evidence = {.name = "no_load", .value = no_load}};
}

}  // namespace loadline::control
