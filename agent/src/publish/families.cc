// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/families.h"

#include <cassert>
#include <chrono>
#include <limits>
#include <string>
#include <tuple>
#include <utility>

namespace loadline::agent {
namespace {

prometheus::MetricType TypeOf(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return prometheus::MetricType::Counter;
    case MetricType::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricType::kHistogram:
      break;
  }
  return prometheus::MetricType::Histogram;
}

}  // namespace

Families::Families(std::size_t series_max) : series_max_(series_max) {
  for (const Metric& metric : MetricTable()) {
    families_.push_back({.name = std::string(metric.name),
                         .help = std::string(metric.help),
                         .type = TypeOf(metric.type),
                         .metric = {}});
  }
}

void Families::Add(MetricId id, std::initializer_list<std::string_view> labels, double value) {
  if (series_ >= series_max_) {
    ++dropped_;
    return;
  }
  AddAlways(id, labels, value);
}

prometheus::ClientMetric& Families::AddSample(MetricId id,
                                              std::initializer_list<std::string_view> labels) {
  const auto names = Find(id).used_labels();
  assert(names.size() == labels.size());
  prometheus::MetricFamily& family = families_[static_cast<std::size_t>(id)];
  prometheus::ClientMetric& sample = family.metric.emplace_back();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (const std::string_view label = labels.begin()[i]; !label.empty()) {
      sample.label.push_back({std::string(names[i]), std::string(label)});
    }
  }
  return sample;
}

void Families::AddAlways(MetricId id, std::initializer_list<std::string_view> labels,
                         double value) {
  prometheus::ClientMetric& sample = AddSample(id, labels);
  const bool counter = Find(id).type == MetricType::kCounter;
  (counter ? sample.counter.value : sample.gauge.value) = value;
  ++series_;
}

void Families::AddHistogram(MetricId id, std::initializer_list<std::string_view> labels,
                            const LatencyHistogram::Classic& waits) {
  constexpr std::size_t kSeries = std::tuple_size_v<LatencyHistogram::ClassicCounts> + 2;
  if (series_ + kSeries > series_max_) {
    dropped_ += kSeries;
    return;
  }
  prometheus::ClientMetric::Histogram& histogram = AddSample(id, labels).histogram;
  histogram.sample_count = waits.counts.back();
  histogram.sample_sum = std::chrono::duration<double>(waits.sum).count();
  for (std::size_t i = 0; i < LatencyHistogram::kClassicBounds.size(); ++i) {
    const std::chrono::duration<double> bound = LatencyHistogram::kClassicBounds[i];
    histogram.bucket.push_back({.cumulative_count = waits.counts[i], .upper_bound = bound.count()});
  }
  histogram.bucket.push_back({.cumulative_count = waits.counts.back(),
                              .upper_bound = std::numeric_limits<double>::infinity()});
  series_ += kSeries;
}

std::vector<prometheus::MetricFamily> Families::Take() {
  std::erase_if(families_, [](const auto& family) { return family.metric.empty(); });
  return std::move(families_);
}

}  // namespace loadline::agent
