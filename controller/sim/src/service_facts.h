// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "loadline/sim/scenario.h"

namespace loadline::sim {

// What requests that arrive at one time need, on average: what an oracle plans with.
struct ServiceFacts {
  double feasible = 1;  // Part that can be answered in time at all.
  // Means of the feasible, seconds.
  double cpu = 0;
  double hold = 0;
  double residence = 0;
  std::vector<double> calls;  // Time at each dependency, per request.
};

// Samples the service by time, and remembers while nothing changes.
class ServiceFactsSource {
 public:
  explicit ServiceFactsSource(const Scenario& scenario) : scenario_(scenario) {}

  const ServiceFacts& At(Ns time);

 private:
  std::vector<double> KeyAt(Ns time) const;
  ServiceFacts Sample(Ns time) const;

  const Scenario& scenario_;
  std::optional<std::vector<double>> key_;
  ServiceFacts facts_;
};

}  // namespace loadline::sim
