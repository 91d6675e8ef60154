// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/families.h"

#include <cassert>
#include <string>
#include <utility>

namespace loadline::agent {

Families::Families(std::size_t series_max) : series_max_(series_max) {
  for (const Metric& metric : MetricTable()) {
    const bool counter = metric.type == MetricType::kCounter;
    families_.push_back(
        {.name = std::string(metric.name),
         .help = std::string(metric.help),
         .type = counter ? prometheus::MetricType::Counter : prometheus::MetricType::Gauge,
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

void Families::AddAlways(MetricId id, std::initializer_list<std::string_view> labels,
                         double value) {
  const auto names = Find(id).used_labels();
  assert(names.size() == labels.size());
  prometheus::MetricFamily& family = families_[static_cast<std::size_t>(id)];
  prometheus::ClientMetric& sample = family.metric.emplace_back();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (const std::string_view label = labels.begin()[i]; !label.empty()) {
      sample.label.push_back({std::string(names[i]), std::string(label)});
    }
  }
  const bool counter = family.type == prometheus::MetricType::Counter;
  (counter ? sample.counter.value : sample.gauge.value) = value;
  ++series_;
}

std::vector<prometheus::MetricFamily> Families::Take() {
  std::erase_if(families_, [](const auto& family) { return family.metric.empty(); });
  return std::move(families_);
}

}  // namespace loadline::agent
