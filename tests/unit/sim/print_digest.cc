// SPDX-License-Identifier: Apache-2.0
// Prints what runs of each law come to, as numbers that change with any bit of it. Built without
// and with optimisation: both must print the same.
#include <cstdint>
#include <iostream>
#include <string>

#include "digest.h"
#include "loadline/control/law_factory.h"
#include "loadline/sim/oracle.h"
#include "loadline/sim/play.h"
#include "services.h"

namespace {

using namespace loadline;

// Slices, a neighbour, a lock, a noisy signal.
sim::Scenario Contended() {
  sim::Scenario scenario = sim::Service(1500, 20);
  scenario.cpu.slice = 3 * sim::kMillisecond;
  scenario.cpu.speed.points = {{.at = 0, .value = 1}, {.at = 8 * sim::kSecond, .value = 0.4}};
  scenario.classes.front().hold =
      sim::Always({.kind = sim::Distribution::Kind::kLognormal, .mean = 0.5e6, .shape = 1});
  scenario.signals.noise = 0.5;
  return scenario;
}

// Bursts, a pool that sizes itself, a small dependency that fails and hangs, clients that try
// again, levels and tenants, a quota, context switches that cost.
sim::Scenario Troubled() {
  sim::Scenario scenario = sim::Service(0, 20);
  scenario.arrivals.kind = sim::Arrivals::Kind::kMmpp;
  scenario.arrivals.on = scenario.arrivals.off = sim::kSecond;
  scenario.arrivals.rate_on = 1500;
  scenario.arrivals.rate_off = 200;
  scenario.pool.threads = 32;
  scenario.pool.adaptive = true;
  scenario.dependencies.front().servers = 30;
  scenario.dependencies.front().failing = 0.05;
  scenario.dependencies.front().hanging = 0.01;
  scenario.dependencies.front().timeout = 200 * sim::kMillisecond;
  scenario.clients.timeout = 250 * sim::kMillisecond;
  scenario.clients.attempts = 3;
  scenario.clients.budget = 0.1;
  scenario.levels = {0.2, 0.3, 0.5};
  scenario.tenants = {0.7, 0.2, 0.1};
  scenario.cpu.quota = 150e6;
  scenario.cpu.switch_cost = 5000;
  scenario.cpu.switch_cost_per_runnable = 100;
  scenario.signals.delay = 300 * sim::kMillisecond;
  return scenario;
}

}  // namespace

int main() {
  for (const sim::Scenario& scenario : {Contended(), Troubled()}) {
    for (const std::string_view name : control::LawNames()) {
      const auto law = control::MakeLaw(name);
      if (!law.ok() || !sim::Validate(scenario).ok()) {
        return 1;
      }
      const sim::Recording recording = sim::Play(scenario, law->get(), {.seed = 2});
      std::uint64_t digest = sim::Digest(recording);
      for (const double served : sim::FluidOracle(scenario, recording.bins).served) {
        digest = Scramble(digest ^ std::bit_cast<std::uint64_t>(served));
      }
      std::cout << name << " " << digest << "\n";
    }
  }
  return 0;
}
