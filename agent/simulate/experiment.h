// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/simulate/best_static.h"
#include "agent/simulate/law_choice.h"
#include "agent/simulate/static_limits.h"
#include "loadline/sim/play.h"
#include "loadline/sim/scenario.h"
#include "loadline/sim/score.h"

namespace loadline::cli {

struct Experiment {
  std::vector<NamedScenario> scenarios;
  std::vector<LawChoice> laws;
  std::vector<std::uint64_t> seeds;
  sim::PlayOptions run;     // `seed` is not used.
  bool best_static = true;  // Find O2: some sixteen runs more per scenario and seed, once.
};

// One law in one phase of one scenario, over all seeds: means, but for what is called worst.
struct Row {
  const sim::Scenario* scenario = nullptr;
  const sim::Phase* phase = nullptr;
  std::string law;
  double worst_goodput = 0;
  double worst_converge_s = 0;
  std::optional<double> o2;    // Goodput of O1 under the best static limit.
  std::optional<double> none;  // Under no limit, where a gate asks for it.
  sim::PhaseScore mean;        // `bottleneck` and `modifier`: of most seeds.
};

// One run: by index of scenario and law. `series`: with latency by second.
sim::Recording PlayOne(const Experiment& experiment, std::size_t scenario, std::uint64_t seed,
                       std::size_t law, bool series);

// Runs every scenario under every law with every seed, on all CPUs. Rows come scenario by scenario,
// phase by phase, law by law, and do not depend on the number of CPUs.
std::vector<Row> Conduct(const Experiment& experiment, const StaticLimitCache& cache,
                         const Progress& progress);

}  // namespace loadline::cli
