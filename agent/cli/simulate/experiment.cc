// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/simulate/experiment.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <thread>

#include "loadline/sim/oracle.h"

namespace loadline::cli {
namespace {

// Calls `work` for 0 to count - 1, on all CPUs; `progress` on the calling thread only.
void ForEach(std::size_t count, const std::function<void(std::size_t)>& work,
             const std::function<void(std::size_t)>& progress) {
  std::atomic<std::size_t> next{0};
  std::atomic<std::size_t> done{0};
  const auto loop = [&](bool reports) {
    for (std::size_t i = next++; i < count; i = next++) {
      work(i);
      ++done;
      if (reports) {
        progress(done);
      }
    }
  };
  std::vector<std::jthread> others;
  for (unsigned i = 1; i < std::max(1U, std::thread::hardware_concurrency()); ++i) {
    others.emplace_back(loop, false);
  }
  loop(true);
}

// What the cells of one scenario and seed share.
struct Setting {
  const NamedScenario* scenario = nullptr;
  std::uint64_t seed = 0;
  std::vector<double> best_static;  // By phase.
  std::vector<double> none;
};

bool WantsNone(const sim::Scenario& scenario) {
  return std::any_of(scenario.phases.begin(), scenario.phases.end(),
                     [](const sim::Phase& phase) { return phase.bounds.like_none; });
}

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

sim::Recording PlayCell(const sim::Scenario& scenario, const LawChoice& choice,
                        sim::PlayOptions options) {
  const auto law = MakeLawFor(choice, scenario);
  if (!law.ok()) {
    return {};  // Whoever planned the experiment has refused it before.
  }
  options.queue = options.queue && choice.name == "kernel";  // Its part; the peers have none.
  return sim::Play(scenario, law->get(), options);
}

std::vector<sim::PhaseScore> RunCell(const Setting& setting, const LawChoice& choice,
                                     sim::PlayOptions options) {
  const sim::Scenario& scenario = setting.scenario->scenario;
  options.seed = setting.seed;
  const sim::Recording recording = PlayCell(scenario, choice, options);
  const sim::OracleAnswer oracle = sim::AskOracle(scenario, recording.bins, setting.seed);
  return sim::Judge(scenario, recording, oracle, setting.best_static);
}

// The best static limit of each phase; runs of all settings beside each other.
void FindBestStatic(std::vector<Setting>& settings, const StaticLimitCache& cache,
                    const Progress& progress) {
  struct Trial {
    Setting* setting;
    double limit;
    std::vector<double> goodput;
  };
  std::vector<Trial> trials;
  for (Setting& setting : settings) {
    if (auto known = cache.Load(setting.scenario->yaml, setting.seed)) {
      setting.best_static = *std::move(known);
      continue;
    }
    for (const double limit : sim::StaticLimits(setting.scenario->scenario)) {
      trials.push_back({&setting, limit, {}});
    }
  }
  ForEach(
      trials.size(),
      [&](std::size_t i) {
        Trial& trial = trials[i];
        trial.goodput =
            GoodputAt(trial.setting->scenario->scenario, trial.setting->seed, trial.limit);
      },
      [&](std::size_t done) { progress(done, trials.size()); });
  for (const Trial& trial : trials) {
    std::vector<double>& best = trial.setting->best_static;
    best.resize(trial.goodput.size());
    for (std::size_t i = 0; i < best.size(); ++i) {
      best[i] = std::max(best[i], trial.goodput[i]);
    }
  }
  for (std::size_t i = 0; i < trials.size(); ++i) {
    if (i + 1 == trials.size() || trials[i + 1].setting != trials[i].setting) {
      cache.Store(trials[i].setting->scenario->yaml, trials[i].setting->seed,
                  trials[i].setting->best_static);
    }
  }
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
  std::vector<Setting> settings;
  for (const NamedScenario& scenario : experiment.scenarios) {
    for (const std::uint64_t seed : experiment.seeds) {
      settings.push_back({&scenario, seed, {}, {}});
    }
  }
  if (experiment.best_static) {
    FindBestStatic(settings, cache, progress);
  }
  const std::size_t laws = experiment.laws.size();
  std::vector<std::vector<sim::PhaseScore>> cells(settings.size() * laws);
  ForEach(
      cells.size(),
      [&](std::size_t i) {
        Setting& setting = settings[i / laws];
        cells[i] = RunCell(setting, experiment.laws[i % laws], experiment.run);
        if (i % laws == 0 && WantsNone(setting.scenario->scenario)) {
          setting.none =
              GoodputAt(setting.scenario->scenario, setting.seed, sim::PlayOptions{}.fixed_limit);
        }
      },
      [&](std::size_t done) { progress(done, cells.size()); });

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
        double o2 = 0, none = 0;
        for (std::size_t k = s * seeds; k < (s + 1) * seeds; ++k) {
          scores.push_back(&cells[k * laws + l][p]);
          o2 += experiment.best_static ? settings[k].best_static[p] : 0;
          none += WantsNone(scenario) ? settings[k].none[p] : 0;
        }
        row.mean = MeanOf(scores);
        row.worst_goodput = row.mean.goodput_of_oracle;
        for (const sim::PhaseScore* score : scores) {
          row.worst_goodput = std::min(row.worst_goodput, score->goodput_of_oracle);
        }
        if (experiment.best_static) {
          row.o2 = o2 / static_cast<double>(seeds);
        }
        if (WantsNone(scenario)) {
          row.none = none / static_cast<double>(seeds);
        }
        rows.push_back(std::move(row));
      }
    }
  }
  return rows;
}

}  // namespace loadline::cli
