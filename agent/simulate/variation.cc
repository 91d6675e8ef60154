// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/variation.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "agent/simulate/format.h"
#include "loadline/random.h"
#include "loadline/sim/time.h"

namespace loadline::cli {
namespace {

using sim::Ns;
using sim::Scenario;

constexpr double kRateMax = 4000;  // Per second: more only makes runs longer.

Ns Times(Ns time, double factor) { return std::llround(static_cast<double>(time) * factor); }
int Times(int count, double factor) {
  return count == 0 ? 0 : std::max(1, static_cast<int>(std::lround(count * factor)));
}

void Scale(sim::Schedule& schedule, double factor) {
  for (sim::Schedule::Point& point : schedule.points) {
    point.value *= factor;
  }
}
void ScaleCount(sim::Schedule& schedule, double factor) {
  for (sim::Schedule::Point& point : schedule.points) {
    point.value = point.value > 0 ? std::max(1.0, std::round(point.value * factor)) : 0;
  }
}
void Scale(sim::Distribution& distribution, double factor) {
  distribution.mean *= factor;
  distribution.cap *= factor;
  for (sim::Distribution& part : distribution.parts) {
    Scale(part, factor);
  }
}
void Scale(sim::Timeline& timeline, double factor) {
  for (sim::Timeline::Piece& piece : timeline.pieces) {
    Scale(piece.distribution, factor);
  }
}

void ScaleLoad(sim::Arrivals& arrivals, double factor) {
  Scale(arrivals.rate, factor);
  arrivals.rate_on *= factor;
  arrivals.rate_off *= factor;
  arrivals.users = Times(arrivals.users, factor);
}

void ScalePatience(Scenario& scenario, double factor) {
  scenario.deadline = Times(scenario.deadline, factor);
  scenario.clients.timeout = Times(scenario.clients.timeout, factor);
}

void ScalePlaces(Scenario& scenario, double factor) {
  scenario.limit_max = std::max(2.0, scenario.limit_max * factor);
  scenario.pool.threads = Times(scenario.pool.threads, factor);
  scenario.pool.threads_max = std::max(2, Times(scenario.pool.threads_max, factor));
  if (scenario.pool.adaptive) {
    scenario.pool.threads = std::clamp(scenario.pool.threads, 2, scenario.pool.threads_max);
  }
  scenario.limit_initial = std::min(scenario.limit_initial, scenario.limit_max);
}

void VaryCores(double factor, Scenario& scenario) {
  sim::Cpu& cpu = scenario.cpu;
  const int before = cpu.cores;
  cpu.cores = Times(before, factor);
  factor = static_cast<double>(cpu.cores) / before;  // Whole ones.
  cpu.slow_cores = std::min(cpu.cores, Times(cpu.slow_cores, factor));
  Scale(cpu.quota, factor);
  cpu.switch_cost_per_runnable = Times(cpu.switch_cost_per_runnable, 1 / factor);
  for (sim::RequestClass& kind : scenario.classes) {
    Scale(kind.hold, 1 / factor);
  }
  for (sim::Dependency& dependency : scenario.dependencies) {
    ScaleCount(dependency.servers, factor);
  }
  ScaleLoad(scenario.arrivals, factor);
  ScalePlaces(scenario, factor);
}

void VaryTimes(double factor, Scenario& scenario) {
  for (sim::RequestClass& kind : scenario.classes) {
    for (sim::Timeline* timeline : {&kind.cpu, &kind.hold, &kind.wait}) {
      Scale(*timeline, factor);
    }
  }
  Scale(scenario.pool.nested_cpu, factor);
  for (sim::Dependency& dependency : scenario.dependencies) {
    dependency.timeout = Times(dependency.timeout, factor);
  }
  Scale(scenario.arrivals.think, factor);
  ScaleLoad(scenario.arrivals, 1 / factor);
  ScalePatience(scenario, factor);
}

double MeanAtStart(const Scenario& scenario, sim::Timeline sim::RequestClass::*part) {
  double sum = 0, shares = 0;
  for (const sim::RequestClass& kind : scenario.classes) {
    const double share = kind.share.At(0);
    const sim::Distribution* distribution = (kind.*part).At(0);
    sum += share * (distribution != nullptr ? distribution->Mean() : 0);
    shares += share;
  }
  return shares > 0 ? sum / shares : 0;
}

void VaryWait(double factor, Scenario& scenario) {
  const double busy = MeanAtStart(scenario, &sim::RequestClass::cpu) +
                      MeanAtStart(scenario, &sim::RequestClass::hold);
  const double wait = MeanAtStart(scenario, &sim::RequestClass::wait);
  if (!(busy + wait > 0)) {
    return;
  }
  for (sim::RequestClass& kind : scenario.classes) {
    Scale(kind.wait, factor);
  }
  const double residence = (busy + factor * wait) / (busy + wait);
  for (sim::Dependency& dependency : scenario.dependencies) {
    ScaleCount(dependency.servers, factor);
    dependency.timeout = Times(dependency.timeout, residence);
  }
  ScalePatience(scenario, residence);
  ScalePlaces(scenario, std::max(1.0, residence));
}

void Reshape(const sim::Distribution& shape, sim::Timeline& timeline) {
  for (sim::Timeline::Piece& piece : timeline.pieces) {
    sim::Distribution& old = piece.distribution;
    if (old.kind != sim::Distribution::Kind::kMixture) {  // A mixture is the scenario's point.
      const double mean = old.mean;
      old = shape;
      old.mean = mean;
    }
  }
}

void DropAbsoluteBounds(sim::Phase::Bounds& bounds) {
  sim::Phase::Bounds left;
  left.ungated = bounds.ungated;
  left.like_none = bounds.like_none;
  bounds = left;
}

}  // namespace

void Vary(const Variation& variation, Scenario& scenario) {
  VaryCores(variation.cores, scenario);
  VaryTimes(variation.times, scenario);
  VaryWait(variation.wait, scenario);
  ScalePatience(scenario, variation.deadline);
  for (sim::RequestClass& kind : scenario.classes) {
    if (variation.shape) {
      Reshape(*variation.shape, kind.cpu);
    }
  }
  for (sim::Phase& phase : scenario.phases) {
    DropAbsoluteBounds(phase.bounds);
  }
}

std::string VariedScenario(std::string_view name, std::string_view yaml, double rate_max,
                           std::uint64_t seed) {
  Random random(StreamSeed(seed, "variation"));
  const auto log_between = [&](double a, double b) {
    return a * std::pow(b / a, random.Uniform());
  };
  constexpr std::array<double, 5> kCores = {0.5, 1, 2, 4, 8};
  constexpr std::array<const char*, 5> kShapes = {"constant", "uniform 50 %", "exp", "lognormal 1",
                                                  "lognormal 2"};
  const double times = log_between(0.5, 4);
  double cores = kCores[random.Next() % kCores.size()];
  while (cores > 1 && rate_max * cores / times > std::max(kRateMax, rate_max)) {
    cores /= 2;
  }
  const double wait = log_between(0.1, 4);
  const double deadline = log_between(0.7, 3);
  const char* shape = kShapes[random.Next() % kShapes.size()];
  std::string text(yaml);
  const std::string line = absl::StrCat("name: ", std::string(name), "\n");
  if (const std::size_t at = text.find(line); at != std::string::npos) {
    text.insert(at + line.size() - 1, absl::StrCat("-", seed));
  }
  return absl::StrCat(text, "vary: {cores: ", ThreeDigits(cores), ", times: ", ThreeDigits(times),
                      ", wait: ", ThreeDigits(wait), ", deadline: ", ThreeDigits(deadline),
                      ", shape: ", shape, "}\n");
}

}  // namespace loadline::cli
