// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "agent/src/model/registry.h"
#include "agent/src/publish/metric_row.h"

namespace loadline::agent {

// What processes of one service with open sessions say of their pools of one name.
struct PoolReportGauges {
  double threads_target = 0;
  double threads_active = 0;
  double queue_length = 0;
};

struct PoolReportSeries {
  ReportLabels labels;
  std::optional<PoolReportGauges> now = {};  // None: all its sessions are over.
  const PoolTaskTotals* tasks = nullptr;     // They stay; null: none were counted.
};

// In the order of the labels. `reports` must outlive it.
std::vector<PoolReportSeries> PoolReportsOf(const ServiceReports& reports);

// What services report of their pools.
const MetricTable<PoolReportSeries>& PoolReportMetrics();

}  // namespace loadline::agent
