// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "loadline/control/control_law.h"
#include "loadline/control/law_factory.h"
#include "loadline/sim/scenario.h"

namespace loadline::cli {

// A law to be judged: its name and the options that differ from the defaults.
struct LawChoice {
  std::string name;
  control::OptionMap options;

  // "kernel", "kernel beta=0.8".
  std::string Label() const;
};

// A law for one run. Where it has bounds of the same name, those of the scenario: a law must not
// win because it was allowed less.
absl::StatusOr<std::unique_ptr<control::ControlLaw>> MakeLawFor(const LawChoice& choice,
                                                                const sim::Scenario& scenario);

// "kernel,aimd"; "all" is every law; "@FILE" is a list of laws with options (law_reader.h).
// `sweep`: "option=a,b,c", a choice for each value; or empty.
absl::StatusOr<std::vector<LawChoice>> ChooseLaws(const std::string& names,
                                                  const std::string& sweep);

}  // namespace loadline::cli
