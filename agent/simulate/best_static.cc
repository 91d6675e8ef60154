// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/best_static.h"

#include <algorithm>
#include <cmath>
#include <mutex>

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
  struct Search {
    BestStatic* of;
    std::size_t left;  // Trials.
  };
  struct Trial {
    std::size_t search;
    double limit;
  };
  std::vector<Search> searches;
  std::vector<Trial> trials;
  for (BestStatic& each : wanted) {
    if (auto known = cache.Load(each.scenario->yaml, each.seed)) {
      each.goodput = *std::move(known);
      continue;
    }
    const std::vector<double> limits = sim::StaticLimits(each.scenario->scenario);
    for (const double limit : limits) {
      trials.push_back({searches.size(), limit});
    }
    each.goodput.assign(each.scenario->scenario.phases.size(), 0);
    searches.push_back({&each, limits.size()});
  }
  std::mutex mutex;  // Of `searches` and of what they point at.
  ForEach(
      trials.size(),
      [&](std::size_t i) {
        Search& search = searches[trials[i].search];
        BestStatic& found = *search.of;
        const std::vector<double> goodput =
            GoodputAt(found.scenario->scenario, found.seed, trials[i].limit);
        const std::lock_guard lock(mutex);
        for (std::size_t phase = 0; phase < goodput.size(); ++phase) {
          found.goodput[phase] = std::max(found.goodput[phase], Rounded(goodput[phase]));
        }
        if (--search.left ==
            0) {  // At once, so that who interrupts a long search keeps a part of it.
          cache.Store(found.scenario->yaml, found.seed, found.goodput);
        }
      },
      progress);
}

}  // namespace loadline::cli
