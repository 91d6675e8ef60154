// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "agent/src/model/wait_graph.h"

namespace loadline::cli {

// What `loadline deep` prints: the chains as indented trees, the edges as a table, and what it
// cost.
struct WaitReport {
  agent::WaitReading reading;  // Its edges are those to be shown, the longest first.
  std::vector<agent::WaitChain> chains;
  double cpu_percent = 0;     // Of all CPUs, that the probes took.
  double budget_percent = 0;  // Of all CPUs over the time that was asked for.
};

std::string WaitText(const WaitReport& report);
std::string WaitJson(const WaitReport& report);
// A graph for Graphviz: pools and interrupts, edges as wide as the time waited.
std::string WaitDot(const WaitReport& report);

}  // namespace loadline::cli
