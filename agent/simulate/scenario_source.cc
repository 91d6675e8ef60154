// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/scenario_source.h"

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <sstream>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "agent/simulate/generator.h"
#include "agent/simulate/scenario_reader.h"
#include "agent/simulate/suite.h"
#include "agent/simulate/variation.h"

namespace loadline::cli {
namespace {

absl::StatusOr<NamedScenario> ReadOne(const std::string& name, const std::string& yaml) {
  absl::StatusOr<sim::Scenario> scenario = ReadScenario(yaml);
  if (!scenario.ok()) {
    return absl::InvalidArgumentError(absl::StrCat(name, ": ", scenario.status().message()));
  }
  if (scenario->name.empty()) {
    scenario->name = name.substr(name.find_last_of('/') + 1);
  }
  return NamedScenario{*std::move(scenario), yaml};
}

}  // namespace

absl::StatusOr<NamedScenario> OpenScenario(const std::string& name) {
  if (const SuiteFile* file = FindInSuite(name)) {
    return ReadOne(name, std::string(file->yaml));
  }
  std::ifstream file(name);
  std::ostringstream text;
  if (!file || !(text << file.rdbuf())) {
    return absl::InvalidArgumentError(
        absl::StrCat(name, ": no such file, and no scenario of the suite"));
  }
  return ReadOne(name, text.str());
}

absl::StatusOr<std::vector<NamedScenario>> GenerateScenarios(const std::string& range,
                                                             const std::string& kind) {
  const std::size_t dots = range.find("..");
  const std::size_t slash = std::min(range.find('/'), range.size());
  std::uint64_t first = 0, last = 0, step = 1;
  if (dots == std::string::npos || slash < dots ||
      !absl::SimpleAtoi(range.substr(0, dots), &first) ||
      !absl::SimpleAtoi(range.substr(dots + 2, slash - dots - 2), &last) || first > last ||
      last - first >= 10000 ||
      (slash < range.size() && !absl::SimpleAtoi(range.substr(slash + 1), &step)) || step < 1 ||
      step > 10000) {
    return absl::InvalidArgumentError(
        absl::StrCat("--generate ", range,
                     ": must be SEED..SEED or SEED..SEED/STEP, rising, of no more than 10000"));
  }
  const auto* const name = std::find(kGeneratorKindNames.begin(), kGeneratorKindNames.end(), kind);
  const auto which = static_cast<GeneratorKind>(name - kGeneratorKindNames.begin());
  std::vector<NamedScenario> scenarios;
  for (std::uint64_t seed = first; seed <= last; seed += step) {
    absl::StatusOr<NamedScenario> scenario =
        ReadOne(absl::StrCat("seed ", seed), GenerateScenario(seed, which));
    if (!scenario.ok()) {
      return scenario.status();
    }
    scenarios.push_back(*std::move(scenario));
  }
  return scenarios;
}

absl::StatusOr<std::vector<NamedScenario>> VariedScenarios(int count, bool odd) {
  std::vector<NamedScenario> scenarios;
  for (int i = 0; i < count; ++i) {
    const SuiteFile& file = Suite()[static_cast<std::size_t>(i) % Suite().size()];
    const std::string yaml(file.yaml);
    const absl::StatusOr<NamedScenario> plain = ReadOne(std::string(file.name), yaml);
    if (!plain.ok()) {
      return plain.status();
    }
    const sim::Arrivals& arrivals = plain->scenario.arrivals;
    absl::StatusOr<NamedScenario> varied = ReadOne(
        std::string(file.name),
        VariedScenario(plain->scenario.name, yaml, std::max(arrivals.rate.Max(), arrivals.rate_on),
                       2 * static_cast<std::uint64_t>(i) + (odd ? 1 : 2)));
    if (!varied.ok()) {
      return varied.status();
    }
    scenarios.push_back(*std::move(varied));
  }
  return scenarios;
}

}  // namespace loadline::cli
