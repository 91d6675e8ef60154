// SPDX-License-Identifier: Apache-2.0
// A scenario of the suite, perhaps changed, played once and judged: one seed, so bounds on what a
// mean over seeds would hide too.
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "agent/simulate/law_choice.h"
#include "agent/simulate/scenario_source.h"
#include "loadline/sim/oracle.h"
#include "loadline/sim/play.h"
#include "loadline/sim/score.h"

namespace loadline::cli {

using sim::kSecond;
using sim::Ns;
using sim::Recording;
using sim::Scenario;

inline Scenario Suite(const std::string& name) { return OpenScenario(name).value().scenario; }

inline sim::Phase PhaseOf(int from_s, int to_s) {
  sim::Phase phase;
  phase.from = from_s * kSecond;
  phase.to = to_s * kSecond;
  return phase;
}

struct Played {
  Recording recording;
  std::vector<sim::PhaseScore> scores;

  template <typename Value>
  double Mean(int from_s, int to_s, Value value) const {
    double sum = 0, n = 0;
    for (const Recording::Tick& tick : recording.ticks) {
      if (tick.at > from_s * kSecond && tick.at <= to_s * kSecond) {
        sum += value(tick);
        n += 1;
      }
    }
    return sum / n;
  }
  double Limit(int from_s, int to_s) const {
    return Mean(from_s, to_s, [](const Recording::Tick& tick) { return tick.limit; });
  }
  const Recording::Tick& At(double second) const {
    return *std::find_if(recording.ticks.begin(), recording.ticks.end(), [&](const auto& tick) {
      return static_cast<double>(tick.at) >= second * 1e9;
    });
  }
};

inline Played PlayIt(const Scenario& scenario, const std::string& law = "kernel") {
  sim::PlayOptions options{.seed = 2};
  options.queue = law == "kernel";
  const auto made = MakeLawFor({law, {}}, scenario).value();
  Played run{sim::Play(scenario, made.get(), options), {}};
  const sim::OracleAnswer oracle = sim::AskOracle(scenario, run.recording.bins, options.seed);
  run.scores = sim::Judge(scenario, run.recording, oracle, {});
  return run;
}

}  // namespace loadline::cli
