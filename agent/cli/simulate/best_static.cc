// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/simulate/best_static.h"

#include <algorithm>
#include <cmath>

#include "loadline/sim/oracle.h"
#include "loadline/sim/play.h"
#include "loadline/sim/score.h"

namespace loadline::cli {
namespace {

// So that what was computed, kept on disk and shipped is one number.
double Rounded(double goodput) { return std::round(goodput * 1e5) / 1e5; }

}  // namespace

std::vector<double> GoodputAt(const sim::Scenario& scenario, std::uint64_t seed, double limit) {
  sim::PlayOptions options{.seed = seed, .queue = false, .fixed_limit = limit};
  const sim::Recording recording = sim::Play(scenario, nullptr, options);
  const sim::OracleAnswer oracle = sim::AskOracle(scenario, recording.bins, seed);
  std::vector<double> goodput;
  for (std::size_t i = 0; i < scenario.phases.size(); ++i) {
    goodput.push_back(sim::GoodputOfOracle(scenario.phases[i], recording, i, oracle));
  }
  return goodput;
}

void FindBestStatic(std::vector<BestStatic>& wanted, const StaticLimitCache& cache,
                    const Progress& progress) {
  struct Trial {
    BestStatic* of;
    double limit;
    std::vector<double> goodput;
  };
  std::vector<Trial> trials;
  for (BestStatic& each : wanted) {
    if (auto known = cache.Load(each.scenario->yaml, each.seed)) {
      each.goodput = *std::move(known);
      continue;
    }
    for (const double limit : sim::StaticLimits(each.scenario->scenario)) {
      trials.push_back({&each, limit, {}});
    }
  }
  ForEach(
      trials.size(),
      [&](std::size_t i) {
        Trial& trial = trials[i];
        trial.goodput = GoodputAt(trial.of->scenario->scenario, trial.of->seed, trial.limit);
      },
      progress);
  for (std::size_t i = 0; i < trials.size(); ++i) {
    std::vector<double>& best = trials[i].of->goodput;
    best.resize(trials[i].goodput.size());
    for (std::size_t phase = 0; phase < best.size(); ++phase) {
      best[phase] = std::max(best[phase], Rounded(trials[i].goodput[phase]));
    }
    if (i + 1 == trials.size() || trials[i + 1].of != trials[i].of) {
      cache.Store(trials[i].of->scenario->yaml, trials[i].of->seed, best);
    }
  }
}

}  // namespace loadline::cli
