// SPDX-License-Identifier: Apache-2.0
// best_static [SCENARIO...]: what the best static limit (O2) reaches in scenarios of the suite,
// with the first five even seeds, as lines of best_static.txt. Computes all of it; names none: all
// scenarios, which takes minutes.
#include <iomanip>
#include <iostream>
#include <string>
#include <vector>

#include "agent/command/exit_code.h"
#include "agent/simulate/best_static.h"
#include "agent/simulate/scenario_source.h"
#include "agent/simulate/suite.h"

int main(int argc, char** argv) {
  using namespace loadline::cli;
  constexpr int kSeeds = 5;
  std::vector<std::string> names(argv + 1, argv + argc);
  if (names.empty()) {
    for (const SuiteFile& file : Suite()) {
      names.emplace_back(file.name);
    }
  }
  std::vector<NamedScenario> scenarios;
  for (const std::string& name : names) {
    absl::StatusOr<NamedScenario> scenario = OpenScenario(name);
    if (!scenario.ok()) {
      std::cerr << "best_static: " << scenario.status().message() << "\n";
      return kBadInput;
    }
    scenarios.push_back(*std::move(scenario));
  }
  std::vector<BestStatic> wanted;
  for (const NamedScenario& scenario : scenarios) {
    for (int i = 1; i <= kSeeds; ++i) {
      wanted.push_back({&scenario, static_cast<std::uint64_t>(2 * i), {}});
    }
  }
  const StaticLimitCache nothing_known("");
  FindBestStatic(wanted, nothing_known, [](std::size_t done, std::size_t of) {
    std::cerr << "\r" << done << "/" << of << (done == of ? "\n" : "") << std::flush;
  });
  for (const BestStatic& each : wanted) {
    std::cout << each.scenario->scenario.name << " " << each.seed << " "
              << StaticLimitCache::KeyOf(each.scenario->yaml, each.seed);
    for (const double goodput : each.goodput) {
      std::cout << " " << std::setprecision(5) << std::fixed << goodput;
    }
    std::cout << "\n";
  }
  return kOk;
}
