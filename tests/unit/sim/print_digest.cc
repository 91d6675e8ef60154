// SPDX-License-Identifier: Apache-2.0
// Prints what a run of each law comes to, as numbers that change with any bit of it. Built without
// and with optimisation: both must print the same.
#include <cstdint>
#include <iostream>
#include <string>

#include "digest.h"
#include "loadline/control/law_factory.h"
#include "loadline/sim/oracle.h"
#include "loadline/sim/play.h"
#include "services.h"

int main() {
  using namespace loadline;
  sim::Scenario scenario = sim::Service(1500, 20);
  scenario.cpu.slice = 3 * sim::kMillisecond;
  scenario.cpu.speed.points = {{.at = 0, .value = 1}, {.at = 8 * sim::kSecond, .value = 0.4}};
  scenario.classes.front().hold =
      sim::Always({.kind = sim::Distribution::Kind::kLognormal, .mean = 0.5e6, .shape = 1});
  scenario.signals.noise = 0.5;
  for (const std::string_view name : control::LawNames()) {
    const auto law = control::MakeLaw(name);
    if (!law.ok()) {
      return 1;
    }
    const sim::Recording recording = sim::Play(scenario, law->get(), {.seed = 2});
    std::uint64_t digest = sim::Digest(recording);
    for (const double served : sim::FluidOracle(scenario, recording.bins).served) {
      digest = sim::Scramble(digest ^ std::bit_cast<std::uint64_t>(served));
    }
    std::cout << name << " " << digest << "\n";
  }
  return 0;
}
