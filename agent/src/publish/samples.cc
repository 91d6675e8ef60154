// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/samples.h"

#include <limits>
#include <string>
#include <tuple>

namespace loadline::agent {

bool SeriesCap::Take(std::size_t series) {
  if (series_ + series > series_max_) {
    dropped_ += series;
    return false;
  }
  series_ += series;
  return true;
}

prometheus::ClientMetric& Samples::AddSample(std::initializer_list<std::string_view> labels) {
  assert(labels.size() == options_.names.size());
  prometheus::ClientMetric& sample = family_.metric.emplace_back();
  sample.label.reserve(options_.shared_names.size() + options_.names.size());
  const auto add = [&](std::string_view name, std::string_view value) {
    if (!value.empty()) {
      sample.label.push_back({std::string(name), std::string(value)});
    }
  };
  for (std::size_t i = 0; i < options_.shared_names.size(); ++i) {
    add(options_.shared_names[i], options_.shared_values[i]);
  }
  for (std::size_t i = 0; i < options_.names.size(); ++i) {
    add(options_.names[i], labels.begin()[i]);
  }
  return sample;
}

void Samples::AddValue(std::initializer_list<std::string_view> labels, double value) {
  if (options_.always) {
    cap_.TakeAlways(1);
  } else if (!cap_.Take(1)) {
    return;
  }
  prometheus::ClientMetric& sample = AddSample(labels);
  const bool counter = family_.type == prometheus::MetricType::Counter;
  (counter ? sample.counter.value : sample.gauge.value) = value;
}

void Samples::AddHistogram(std::initializer_list<std::string_view> labels,
                           const LatencyHistogram::Classic& waits) {
  // The buckets with the one above all, the sum and the count.
  constexpr std::size_t kSeries = std::tuple_size_v<LatencyHistogram::ClassicCounts> + 2;
  if (!cap_.Take(kSeries)) {
    return;
  }
  prometheus::ClientMetric::Histogram& histogram = AddSample(labels).histogram;
  histogram.sample_count = waits.counts.back();
  histogram.sample_sum = AsDouble(waits.sum);
  for (std::size_t i = 0; i < LatencyHistogram::kClassicBounds.size(); ++i) {
    histogram.bucket.push_back({.cumulative_count = waits.counts[i],
                                .upper_bound = AsDouble(LatencyHistogram::kClassicBounds[i])});
  }
  histogram.bucket.push_back({.cumulative_count = waits.counts.back(),
                              .upper_bound = std::numeric_limits<double>::infinity()});
}

}  // namespace loadline::agent
