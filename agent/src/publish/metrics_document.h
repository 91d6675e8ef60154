// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/src/publish/samples.h"

namespace loadline::agent {

// What one row of a metric table says, without its subject.
struct MetricDescription {
  std::string_view name;
  MetricType type = MetricType::kGauge;
  std::vector<std::string_view> labels;
  std::string_view help;
};

// Every metric that the agent serves, in the order of its pages.
std::vector<MetricDescription> DescribeMetrics();

// docs/METRICS.md.
std::string MetricsDocument();

}  // namespace loadline::agent
