// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "rules/observation.h"
#include "rules/precedence.h"
#include "rules/proposal.h"
#include "rules/standing.h"

namespace loadline::control {

// Hears the rules in the order of precedence.h and decides: L becomes what each proposes, so far as
// the bounds of a later one allow; L_d is what the throughput probe says; the lower counts, within
// limit_min and limit_max. Nobody else writes a limit.
class Arbiter {
 public:
  explicit Arbiter(const KernelOptions& options);

  // `observer` learns what rules find out about R0.
  void OnTick(const Observation& now, Observer& observer);
  void OnWindow(const Observation& now, const Observed& window, Observer& observer);

  // After all rules of a tick: the limit to announce.
  double Announce();

  const Standing& standing() const { return standing_; }
  // Of the limit that was announced.
  const Binding& binding() const { return by_[static_cast<std::size_t>(binds_)]; }

 private:
  enum class Part : std::uint8_t { kOwn, kDependency, kAnnounced };

  Binding& By(Part part) { return by_[static_cast<std::size_t>(part)]; }
  void Apply(const RuleRow& row, const Proposal& proposal);
  template <typename Rule>
  void Hear(Rule& rule, const Proposal& proposal, Observer& observer);

  double limit_min_, limit_max_;
  Precedence rules_;
  Standing standing_;
  // The last proposals that moved L, L_d and what was announced; and which of them binds.
  std::array<Binding, 3> by_;
  Part binds_ = Part::kOwn;
};

}  // namespace loadline::control
