// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string_view>
#include <vector>

#include "agent/src/publish/metric_table.h"
#include "agent/src/sampler/latency_histogram.h"
#include "prometheus/metric_family.h"

namespace loadline::agent {

// Collects samples by metric, under a bound on their number: what does not fit is counted.
class Families {
 public:
  explicit Families(std::size_t series_max);

  // `labels` are the values, in the order of the metric table. One that is empty is left out, which
  // is the same to Prometheus.
  void Add(MetricId id, std::initializer_list<std::string_view> labels, double value);

  // As many series as a histogram has: all of them, or none.
  void AddHistogram(MetricId id, std::initializer_list<std::string_view> labels,
                    const LatencyHistogram::Classic& waits);

  std::size_t series() const { return series_; }
  std::uint64_t dropped() const { return dropped_; }

  // For samples that must not be dropped: what the agent says of itself, drops included.
  void AddAlways(MetricId id, std::initializer_list<std::string_view> labels, double value);

  prometheus::ClientMetric& AddSample(MetricId id, std::initializer_list<std::string_view> labels);

  // Those that have samples, in the order of the table.
  std::vector<prometheus::MetricFamily> Take();

 private:
  const std::size_t series_max_;
  std::size_t series_ = 0;
  std::uint64_t dropped_ = 0;
  std::vector<prometheus::MetricFamily> families_;
};

}  // namespace loadline::agent
