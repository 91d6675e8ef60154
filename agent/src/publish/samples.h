// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cassert>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>

#include "agent/src/sampler/latency_histogram.h"
#include "loadline/clock.h"
#include "prometheus/metric_family.h"

namespace loadline::agent {

enum class MetricType : std::uint8_t { kCounter, kGauge, kHistogram };

// Unused ones are empty, and last.
using LabelNames = std::array<std::string_view, 3>;
using LabelValues = std::array<std::string_view, 3>;

constexpr std::span<const std::string_view> Used(const LabelNames& names) {
  std::size_t used = 0;
  while (used < names.size() && !names[used].empty()) {
    ++used;
  }
  return std::span(names).first(used);
}

// A bound on the number of series. What does not fit is counted.
class SeriesCap {
 public:
  explicit SeriesCap(std::size_t series_max) : series_max_(series_max) {}

  // Whether there is room for so many: all of them, or none.
  bool Take(std::size_t series);
  // Whether there is room or not.
  void TakeAlways(std::size_t series) { series_ += series; }

  std::size_t series() const { return series_; }
  std::uint64_t dropped() const { return dropped_; }

 private:
  const std::size_t series_max_;
  std::size_t series_ = 0;
  std::uint64_t dropped_ = 0;
};

// Where the row of one metric puts its samples of one subject.
class Samples {
 public:
  struct Options {
    std::span<const std::string_view> shared_names;  // Of the table.
    const LabelValues& shared_values;
    std::span<const std::string_view> names;  // Of the row.
    bool always = false;
  };

  Samples(const Options& options, prometheus::MetricFamily& family, SeriesCap& cap)
      : options_(options), family_(family), cap_(cap) {}

  // `labels` are the values of the row's labels, in its order. One that is empty is left out, which
  // is the same to Prometheus.
  template <typename Value>
  void Add(std::initializer_list<std::string_view> labels, Value value) {
    AddValue(labels, AsDouble(value));
  }
  template <typename Value>
  void Add(Value value) {
    AddValue({}, AsDouble(value));
  }

  // As many series as a histogram has: all of them, or none.
  void AddHistogram(std::initializer_list<std::string_view> labels,
                    const LatencyHistogram::Classic& waits);

 private:
  // In seconds.
  static double AsDouble(Clock::Duration value) { return Seconds(value); }
  template <typename Number>
  static double AsDouble(Number value) {
    return static_cast<double>(value);
  }

  void AddValue(std::initializer_list<std::string_view> labels, double value);
  prometheus::ClientMetric& AddSample(std::initializer_list<std::string_view> labels);

  const Options options_;
  prometheus::MetricFamily& family_;
  SeriesCap& cap_;
};

}  // namespace loadline::agent
