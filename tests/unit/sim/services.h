// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "loadline/sim/scenario.h"

// Small services for tests of the simulator.
namespace loadline::sim {

inline Distribution Constant(double ms) {
  return {.kind = Distribution::Kind::kConstant, .mean = ms * 1e6};
}
inline Distribution Exponential(double ms) {
  return {.kind = Distribution::Kind::kExponential, .mean = ms * 1e6};
}
inline Timeline Always(const Distribution& distribution) {
  Timeline timeline;
  timeline.pieces.push_back({0, distribution});
  return timeline;
}

// Two cores, 2 ms of CPU, 38 ms of waiting: 1000 per second.
inline Scenario Service(double load, double seconds) {
  Scenario scenario;
  scenario.name = "service";
  scenario.end = static_cast<Ns>(seconds * 1e9);
  RequestClass& kind = scenario.classes.emplace_back();
  kind.cpu = Always(Exponential(2));
  kind.wait = Always(Constant(38));
  scenario.dependencies.emplace_back();
  scenario.arrivals.rate = load;
  Phase& phase = scenario.phases.emplace_back();
  phase.name = "all";
  phase.to = scenario.end;
  return scenario;
}

}  // namespace loadline::sim
