// SPDX-License-Identifier: Apache-2.0
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "agent/command/command_line.h"
#include "agent/command/exit_code.h"
#include "agent/command/number_flag.h"
#include "agent/simulate/experiment.h"
#include "agent/simulate/gates.h"
#include "agent/simulate/generator.h"
#include "agent/simulate/plot.h"
#include "agent/simulate/report.h"
#include "agent/simulate/scenario_source.h"
#include "agent/simulate/suite.h"
#include "agent/simulate/summary.h"
#include "agent/simulate/why.h"

namespace loadline::cli {
namespace {

constexpr double kRandomMean = 0.93;  // Of random scenarios, in every kind of phase.

struct Flags {
  std::vector<std::string> files;
  bool suite = false;
  std::string laws = "kernel";
  std::string sweep;
  std::string plot;
  std::string generate;
  std::string generate_kind = "any";
  int variations = 0;
  bool print = false;
  std::string signals = "ledger";
  int seeds = 1;
  bool tuning_seeds = false;
  bool json = false;
  bool markdown = false;
  bool progress = false;
  bool no_queue = false;
  bool no_best_static = false;
  bool gates = false;
  bool options = false;
  bool rules = false;
  bool why = false;
};

absl::StatusOr<std::vector<NamedScenario>> OpenAll(const Flags& flags) {
  std::vector<NamedScenario> scenarios;
  std::vector<std::string> names = flags.files;
  if (flags.suite) {
    for (const SuiteFile& file : Suite()) {
      names.emplace_back(file.name);
    }
  }
  if (!flags.generate.empty()) {
    absl::StatusOr<std::vector<NamedScenario>> generated =
        GenerateScenarios(flags.generate, flags.generate_kind);
    if (!generated.ok()) {
      return generated.status();
    }
    scenarios = *std::move(generated);
  }
  if (flags.variations > 0) {
    absl::StatusOr<std::vector<NamedScenario>> varied =
        VariedScenarios(flags.variations, flags.tuning_seeds);
    if (!varied.ok()) {
      return varied.status();
    }
    std::move(varied->begin(), varied->end(), std::back_inserter(scenarios));
  }
  if (names.empty() && scenarios.empty()) {
    return absl::InvalidArgumentError(
        "simulate: FILE, --suite, --generate or --variations is required");
  }
  for (const std::string& name : names) {
    absl::StatusOr<NamedScenario> scenario = OpenScenario(name);
    if (!scenario.ok()) {
      return scenario.status();
    }
    scenarios.push_back(*std::move(scenario));
  }
  return scenarios;
}

absl::StatusOr<Experiment> Plan(const Flags& flags) {
  absl::StatusOr<std::vector<NamedScenario>> scenarios = OpenAll(flags);
  if (!scenarios.ok()) {
    return scenarios.status();
  }
  absl::StatusOr<std::vector<LawChoice>> laws = ChooseLaws(flags.laws, flags.sweep);
  if (!laws.ok()) {
    return laws.status();
  }
  Experiment experiment;
  experiment.scenarios = *std::move(scenarios);
  experiment.laws = *std::move(laws);
  for (const NamedScenario& scenario : experiment.scenarios) {
    for (const LawChoice& law : experiment.laws) {
      if (const auto made = MakeLawFor(law, scenario.scenario); !made.ok()) {
        return absl::InvalidArgumentError(
            absl::StrCat(scenario.scenario.name, ": ", made.status().message()));
      }
    }
  }
  for (int i = 0; i < flags.seeds; ++i) {
    experiment.seeds.push_back(static_cast<std::uint64_t>(2 * i + (flags.tuning_seeds ? 1 : 2)));
  }
  experiment.run.queue = !flags.no_queue;
  experiment.run.step = flags.signals == "ledger"      ? SignalStep::kLedger
                        : flags.signals == "schedstat" ? SignalStep::kSchedstat
                                                       : SignalStep::kLatency;
  experiment.best_static = !flags.no_best_static;
  return experiment;
}

Progress MakeProgress(bool wanted) {
  if (!wanted) {
    return [](std::size_t, std::size_t) {};
  }
  return [](std::size_t done, std::size_t of) {
    constexpr std::size_t kWidth = 40;
    const std::size_t filled = kWidth * done / of;
    std::cerr << "\r[" << std::string(filled, '#') << std::string(kWidth - filled, '.') << "] "
              << done << "/" << of << (done == of ? "\n" : "") << std::flush;
  };
}

int PrintGates(const std::vector<Row>& rows, bool random) {
  int missed = 0;
  for (const Row& row : rows) {
    for (const std::string& line : MissedGates(row)) {
      std::cout << "missed: " << line << "\n";
      ++missed;
    }
  }
  for (const Column& column : Summarize(rows)) {
    if (random && column.mean < kRandomMean) {
      std::cout << "missed: " << column.phase << " " << column.law << ": mean goodput "
                << std::round(1000 * column.mean) / 10 << " % < " << 100 * kRandomMean << " %\n";
      ++missed;
    }
  }
  std::cout << (missed == 0 ? "all gates met" : absl::StrCat(missed, " gates missed")) << " in "
            << rows.size() << " rows\n";
  return missed == 0 ? kOk : kInternal;
}

int PrintOptions(const Flags& flags) {
  const absl::StatusOr<std::vector<LawChoice>> laws = ChooseLaws(flags.laws, "");
  if (!laws.ok()) {
    std::cerr << "loadline: " << laws.status().message() << "\n";
    return kBadInput;
  }
  for (const LawChoice& law : *laws) {
    std::cout << (laws->size() > 1 ? absl::StrCat("`", law.name, "`\n\n") : "")
              << OptionTable(law.name) << (laws->size() > 1 ? "\n" : "");
  }
  return kOk;
}

int Simulate(const Flags& flags) {
  if (flags.options) {
    return PrintOptions(flags);
  }
  if (flags.rules) {
    std::cout << RuleTable();
    return kOk;
  }
  const absl::StatusOr<Experiment> experiment = Plan(flags);
  if (!experiment.ok()) {
    std::cerr << "loadline: " << experiment.status().message() << "\n";
    return kBadInput;
  }
  if (flags.why) {
    if (experiment->scenarios.size() != 1) {
      std::cerr << "loadline: --why: tells of one scenario, not " << experiment->scenarios.size()
                << "\n";
      return kBadInput;
    }
    std::cout << Why(*experiment);
    return kOk;
  }
  if (!flags.plot.empty()) {
    if (experiment->scenarios.size() != 1) {
      std::cerr << "loadline: --plot " << flags.plot << ": draws one scenario, not "
                << experiment->scenarios.size() << "\n";
      return kBadInput;
    }
    if (!(std::ofstream(flags.plot) << Plot(*experiment))) {
      std::cerr << "loadline: --plot " << flags.plot << ": cannot be written\n";
      return kBadInput;
    }
  }
  if (flags.print) {
    for (const NamedScenario& scenario : experiment->scenarios) {
      std::cout << scenario.yaml << "\n";
    }
    return kOk;
  }
  const StaticLimitCache cache(StaticLimitCache::DefaultDirectory(), SuiteBestStatic());
  const std::vector<Row> rows =
      Conduct(*experiment, cache, MakeProgress(flags.progress || isatty(STDERR_FILENO) == 1));
  if (flags.json) {
    std::cout << Json(rows);
  } else if (flags.markdown) {
    std::cout << Markdown(rows);
  } else if (!flags.gates) {
    std::cout << Table(rows);
    if (experiment->scenarios.size() > 1) {
      std::cout << SummaryTable(Summarize(rows));
    }
  }
  return flags.gates ? PrintGates(rows, !flags.generate.empty()) : kOk;
}

void AddFlags(CLI::App& command, Flags& flags) {
  command.add_option("FILE", flags.files,
                     "Scenario files, or names of scenarios of the suite, as S2a");
  command.add_flag("--suite", flags.suite, "All scenarios of the suite");
  command
      .add_option(
          "--law", flags.laws,
          "Laws, separated by commas; all; or @FILE, a list of laws with options as YAML or JSON")
      ->capture_default_str();
  command.add_option("--seeds", flags.seeds, "Repetitions: the first N even seeds")
      ->transform(InRange({.least = 1, .most = 1000}))
      ->capture_default_str();
  command.add_flag("--tuning-seeds", flags.tuning_seeds,
                   "Odd seeds: tune on these, report on the others");
  command.add_option("--sweep", flags.sweep, "OPTION=A,B,C: each law with each value");
  command.add_option("--signals", flags.signals, "What the law knows of the kernel's counters")
      ->check(CLI::IsMember({"ledger", "schedstat", "latency"}))
      ->capture_default_str();
  command.add_flag("--no-queue", flags.no_queue, "Without the queue in front of the limit");
  command.add_flag("--no-o2", flags.no_best_static,
                   "Do not look for the best static limit: faster the first time");
  command.add_flag("--json", flags.json, "Print JSON");
  command.add_flag("--markdown", flags.markdown, "Print the laws side by side, as Markdown")
      ->excludes("--json");
  command.add_option("--plot", flags.plot, "Draw one scenario over time into an SVG file");
  command.add_option("--generate", flags.generate,
                     "SEED..SEED or SEED..SEED/STEP: random scenarios");
  command.add_option("--generate-kind", flags.generate_kind, "What they have to go through")
      ->check(CLI::IsMember(kGeneratorKindNames))
      ->capture_default_str();
  command
      .add_option("--variations", flags.variations,
                  "N: the suite's scenarios in turn, with other cores, times, shares of waiting "
                  "and deadlines")
      ->transform(InRange({.least = 1, .most = 10000}));
  command.add_flag("--print", flags.print, "Print the scenarios, and do not run them");
  command.add_flag("--gates", flags.gates, "Print what misses its bounds; exit code 1 if any does");
  command.add_flag("--options", flags.options,
                   "Print the laws' options with defaults, ranges and reasons, as Markdown");
  command.add_flag("--why", flags.why,
                   "Print for each tick of one scenario which rule the limit is due to");
  command.add_flag("--rules", flags.rules,
                   "Print the rules of law kernel, the weakest first, as Markdown");
  command.add_flag("--progress", flags.progress, "Show progress also where stderr is no terminal");
}

void Declare(CLI::App& app, int& exit_code) {
  const auto flags = std::make_shared<Flags>();
  AddFlags(app, *flags);
  app.callback([flags, &exit_code] { exit_code = Simulate(*flags); });
}

}  // namespace
}  // namespace loadline::cli

int main(int argc, char** argv) {
  return loadline::cli::RunProgram(
      {.name = "loadline simulate",
       .description = "Play a service under load in virtual time, and score control laws",
       .declare = loadline::cli::Declare},
      argc, argv);
}
