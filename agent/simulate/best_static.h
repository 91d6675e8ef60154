// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "agent/simulate/for_each.h"
#include "agent/simulate/static_limits.h"
#include "loadline/sim/scenario.h"

namespace loadline::cli {

// A scenario and the text that it was read from.
struct NamedScenario {
  sim::Scenario scenario;
  std::string yaml;
};

// What a limit that never moves reaches of O1, by phase; without a queue in front.
std::vector<double> GoodputAt(const sim::Scenario& scenario, std::uint64_t seed, double limit);

// The best of all static limits (O2), by phase, rounded to what is stored.
struct BestStatic {
  const NamedScenario* scenario = nullptr;
  std::uint64_t seed = 0;
  std::vector<double> goodput;
};

// Fills in `goodput` of each: from `cache`, else by some sixteen runs, on all CPUs.
void FindBestStatic(std::vector<BestStatic>& wanted, const StaticLimitCache& cache,
                    const Progress& progress);

}  // namespace loadline::cli
