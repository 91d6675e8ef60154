// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "agent/simulate/experiment.h"

namespace loadline::cli {

// One kind of phase under one law, over all scenarios: how goodput compares with the best static
// limit's, or with the oracle's where that was not looked for.
struct Column {
  std::string phase;  // "event+5"; the times are not part of it.
  std::string law;
  double mean = 0;
  double worst = 1;
  std::string worst_scenario{};
  int cells = 0;
  int below_90 = 0;
  bool best_static = false;  // Compared with that, and not with the oracle.
};

std::vector<Column> Summarize(const std::vector<Row>& rows);

std::string SummaryTable(const std::vector<Column>& columns);

}  // namespace loadline::cli
