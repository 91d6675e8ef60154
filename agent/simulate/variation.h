// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "loadline/sim/distribution.h"
#include "loadline/sim/scenario.h"

namespace loadline::cli {

// The same story with another service: what a scenario says of troubles, and of load as a part of
// the capacity, stays; what the service is made of changes. Factors; 1: as it was.
struct Variation {
  double cores = 1;     // And all that grows with a machine: load, servers, threads, quota, limits.
  double times = 1;     // How long everything takes; load, that much less.
  double wait = 1;      // W; deadlines in proportion to R0.
  double deadline = 1;  // And when clients give up.
  std::optional<sim::Distribution> shape;  // Of the CPU time; the mean stays.
};

// Bounds of phases that are absolute numbers are dropped: they belong to the service that was.
void Vary(const Variation& variation, sim::Scenario& scenario);

// `yaml`, of a scenario that is named `name` and has no `vary:` yet, with a random one. The same
// seed gives the same text.
std::string VariedScenario(std::string_view name, std::string_view yaml, double rate_max,
                           std::uint64_t seed);

}  // namespace loadline::cli
