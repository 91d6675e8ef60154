// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "agent/src/model/registry.h"
#include "agent/src/publish/metric_row.h"

namespace loadline::agent {

// What processes of one service with open sessions say of their limiters of one name.
struct LimiterGauges {
  double limit = 0;
  double in_flight = 0;
  double queue_length = 0;
  double signal_age_seconds = 0;  // Of the process that knows least.
  std::map<std::string, int> bottlenecks;
  std::map<std::string, int> signal_steps;
};

struct LimiterSeries {
  ReportLabels labels;
  std::optional<LimiterGauges> now = {};  // None: all its sessions are over.
  const LimiterTotals* totals = nullptr;  // They stay; null: none were counted.
};

// In the order of the labels. `reports` must outlive it.
std::vector<LimiterSeries> LimitersOf(const ServiceReports& reports);

// What services report of their limiters.
const MetricTable<LimiterSeries>& LimiterMetrics();

}  // namespace loadline::agent
