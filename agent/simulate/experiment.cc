// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/experiment.h"

#include <algorithm>
#include <array>

#include "loadline/sim/oracle.h"

namespace loadline::cli {
namespace {

bool WantsNone(const sim::Scenario& scenario) {
  return std::any_of(scenario.phases.begin(), scenario.phases.end(),
                     [](const sim::Phase& phase) { return phase.bounds.like_none; });
}

sim::Recording PlayCell(const sim::Scenario& scenario, const LawChoice& choice,
                        sim::PlayOptions options) {
  const auto law = MakeLawFor(choice, scenario);
  if (!law.ok()) {
    return {};  // Whoever planned the experiment has refused it before.
  }
  options.queue = options.queue && choice.name == "kernel";  // Its part; the peers have none.
  return sim::Play(scenario, law->get(), options);
}

std::vector<sim::PhaseScore> RunCell(const BestStatic& setting, const LawChoice& choice,
                                     sim::PlayOptions options) {
  const sim::Scenario& scenario = setting.scenario->scenario;
  options.seed = setting.seed;
  const sim::Recording recording = PlayCell(scenario, choice, options);
  const sim::OracleAnswer oracle = sim::AskOracle(scenario, recording.bins, setting.seed);
  return sim::Judge(scenario, recording, oracle, setting.goodput);
}

template <typename Get>
double Mean(const std::vector<const sim::PhaseScore*>& scores, Get get) {
  double sum = 0;
  for (const sim::PhaseScore* score : scores) {
    sum += get(*score);
  }
  return scores.empty() ? 0 : sum / static_cast<double>(scores.size());
}

template <typename Get>
control::Bottleneck MostOften(const std::vector<const sim::PhaseScore*>& scores, Get get) {
  std::array<int, control::kBottleneckNames.size()> counts{};
  for (const sim::PhaseScore* score : scores) {
    ++counts[static_cast<std::size_t>(get(*score))];
  }
  return static_cast<control::Bottleneck>(std::max_element(counts.begin(), counts.end()) -
                                          counts.begin());
}

sim::PhaseScore MeanOf(const std::vector<const sim::PhaseScore*>& scores) {
  sim::PhaseScore mean;
  for (double sim::PhaseScore::*member :
       {&sim::PhaseScore::goodput_of_oracle, &sim::PhaseScore::p50_ms, &sim::PhaseScore::p99_ms,
        &sim::PhaseScore::p999_ms, &sim::PhaseScore::max_ms, &sim::PhaseScore::false_shed,
        &sim::PhaseScore::converge_s, &sim::PhaseScore::drift_per_10min,
        &sim::PhaseScore::in_flight_max, &sim::PhaseScore::limit_mean,
        &sim::PhaseScore::class_correct, &sim::PhaseScore::jain, &sim::PhaseScore::inversions}) {
    mean.*member = Mean(scores, [&](const sim::PhaseScore& score) { return score.*member; });
  }
  mean.bottleneck = MostOften(scores, [](const auto& score) { return score.bottleneck; });
  mean.modifier = MostOften(scores, [](const auto& score) { return score.modifier; });
  for (std::size_t level = 0; level < scores.front()->levels.size(); ++level) {
    mean.levels.push_back(Mean(scores, [&](const auto& score) { return score.levels[level]; }));
  }
  return mean;
}

}  // namespace

sim::Recording PlayOne(const Experiment& experiment, std::size_t scenario, std::uint64_t seed,
                       std::size_t law, bool series) {
  sim::PlayOptions options = experiment.run;
  options.seed = seed;
  options.series = series;
  return PlayCell(experiment.scenarios[scenario].scenario, experiment.laws[law], options);
}

std::vector<Row> Conduct(const Experiment& experiment, const StaticLimitCache& cache,
                         const Progress& progress) {
  std::vector<BestStatic> settings;
  for (const NamedScenario& scenario : experiment.scenarios) {
    for (const std::uint64_t seed : experiment.seeds) {
      settings.push_back({&scenario, seed, {}});
    }
  }
  if (experiment.best_static) {
    FindBestStatic(settings, cache, progress);
  }
  const std::size_t laws = experiment.laws.size();
  std::vector<std::vector<sim::PhaseScore>> cells(settings.size() * laws);
  std::vector<std::vector<double>> none(settings.size());
  ForEach(
      cells.size(),
      [&](std::size_t i) {
        const BestStatic& setting = settings[i / laws];
        cells[i] = RunCell(setting, experiment.laws[i % laws], experiment.run);
        if (i % laws == 0 && WantsNone(setting.scenario->scenario)) {
          none[i / laws] =
              GoodputAt(setting.scenario->scenario, setting.seed, sim::PlayOptions{}.fixed_limit);
        }
      },
      progress);

  std::vector<Row> rows;
  const std::size_t seeds = experiment.seeds.size();
  for (std::size_t s = 0; s < experiment.scenarios.size(); ++s) {
    const sim::Scenario& scenario = experiment.scenarios[s].scenario;
    for (std::size_t p = 0; p < scenario.phases.size(); ++p) {
      for (std::size_t l = 0; l < laws; ++l) {
        Row row;
        row.scenario = &scenario;
        row.phase = &scenario.phases[p];
        row.law = experiment.laws[l].Label();
        std::vector<const sim::PhaseScore*> scores;
        double o2 = 0, like_none = 0;
        for (std::size_t k = s * seeds; k < (s + 1) * seeds; ++k) {
          scores.push_back(&cells[k * laws + l][p]);
          o2 += experiment.best_static ? settings[k].goodput[p] : 0;
          like_none += WantsNone(scenario) ? none[k][p] : 0;
        }
        row.mean = MeanOf(scores);
        row.worst_goodput = row.mean.goodput_of_oracle;
        for (const sim::PhaseScore* score : scores) {
          row.worst_goodput = std::min(row.worst_goodput, score->goodput_of_oracle);
          row.worst_converge_s = std::max(row.worst_converge_s, score->converge_s);
        }
        if (experiment.best_static) {
          row.o2 = o2 / static_cast<double>(seeds);
        }
        if (WantsNone(scenario)) {
          row.none = like_none / static_cast<double>(seeds);
        }
        rows.push_back(std::move(row));
      }
    }
  }
  return rows;
}

}  // namespace loadline::cli
