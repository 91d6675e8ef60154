// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <limits>
#include <optional>
#include <string_view>

#include "loadline/control/control_law.h"

namespace loadline::control {

// A dependency may be full: what may be in flight to be answered in time, and what it answers now.
struct Suspicion {
  double limit = 0;
  double rate = 0;  // Per second.
};

// What a rule asks of the arbiter. One that asks for nothing leaves all as it is.
//
// The limit has two parts, of which the lower counts: L, by our own queues, which floor and ceiling
// move; and L_d, by a dependency that may be full, which only the throughput probe moves. Others
// may suspect a dependency, or clear it: then the probe begins, or ends.
struct Proposal {
  static constexpr double kNoBound = std::numeric_limits<double>::infinity();

  double floor = 0;           // L is to be that at least;
  double ceiling = kNoBound;  // and that at most. Both the same: exactly that.
  Reason reason = Reason::kHealthy;
  RuleEvidence evidence{};  // The figure that decided.

  std::optional<double> dependency{};  // L_d; kNoBound: it is not full.
  std::optional<Suspicion> suspect{};
  bool clear = false;

  double own_residence = 0;  // R0, which is known to be no queue: the reference rises to it.
  double explained = 0;      // R0 may rise up to here, for a reason that is known.
};

// L is to be `limit`, neither more nor less.
inline Proposal Exactly(double limit, Reason reason, RuleEvidence evidence) {
  return {.floor = limit, .ceiling = limit, .reason = reason, .evidence = evidence};
}

}  // namespace loadline::control
