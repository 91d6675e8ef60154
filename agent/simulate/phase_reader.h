// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "absl/status/status.h"
#include "loadline/sim/recording.h"
#include "loadline/sim/scenario.h"
#include "yaml-cpp/yaml.h"

namespace loadline::cli {

inline constexpr sim::Ns kBin = sim::Recording::kBin;

// Reads the list `phases`: what is measured, and what must hold there.
absl::Status ReadPhases(const YAML::Node& node, sim::Scenario& scenario);

}  // namespace loadline::cli
