// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/src/model/series_book.h"
#include "agent/src/publish/metric_row.h"

namespace loadline::agent {

// What is measured of the pools of all processes.
const MetricTable<PoolSeries>& PoolMetrics();

}  // namespace loadline::agent
