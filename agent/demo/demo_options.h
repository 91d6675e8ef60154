// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <vector>

#include "agent/demo/scenario.h"
#include "loadline/clock.h"

namespace loadline::demo {

struct DemoOptions {
  Clock::Duration total = std::chrono::seconds{90};  // All runs together.
  std::vector<RunMode> modes = {RunMode::kFixed, RunMode::kLoadline};
  // At these rates the demo leaves half of a machine with two CPUs idle, and a dependency that
  // takes 5 s wants 500 threads: more than the fixed pool has.
  double independent_per_second = 150;
  double dependent_per_second = 100;
  bool json = false;      // The report as JSON on stdout; all else on stderr.
  bool keep = false;      // Go on after the report, until interrupted.
  bool postgres = false;  // PostgreSQL as the dependency.
};

}  // namespace loadline::demo
