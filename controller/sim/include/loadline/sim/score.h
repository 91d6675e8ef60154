// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <span>
#include <string>
#include <vector>

#include "loadline/sim/oracle.h"
#include "loadline/sim/recording.h"
#include "loadline/sim/scenario.h"

namespace loadline::sim {

// How one run did in one phase. Goodput counts requests that arrived in the phase.
struct PhaseScore {
  double goodput_of_oracle = 1;  // 1 where the oracle could serve nothing either.
  double p50_ms = 0, p99_ms = 0, p999_ms = 0, max_ms = 0;
  double false_shed = 0;  // Refused though O1 would have served them, per request offered.
  // From the start of the phase until goodput stays within 10 % of the best static limit's. The
  // length of the phase, if never.
  double converge_s = 0;
  double drift_per_10min = 0;  // Slope of ln(limit).
  double in_flight_max = 0;
  double limit_mean = 0;
  double class_correct = 0;  // Part of the ticks from 1 s on; only if the phase expects a class.
  control::Bottleneck bottleneck{};  // The one most often named.
  control::Bottleneck modifier{};
  double jain = 1;             // The least over levels: fairness between tenants.
  double inversions = 0;       // Per request offered.
  std::vector<double> levels;  // Goodput of each level, of what O4 gives it: from the top down.
};

// `best_static`: by phase, goodput of O1 under the best static limit (O2); empty: 1.
std::vector<PhaseScore> Judge(const Scenario& scenario, const Recording& recording,
                              const OracleAnswer& oracle, std::span<const double> best_static);

// Goodput of O1 in one phase.
double GoodputOfOracle(const Phase& phase, const Recording& recording, std::size_t index,
                       const OracleAnswer& oracle);

}  // namespace loadline::sim
