// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstdint>
#include <vector>

#include "loadline/sim/random.h"

namespace loadline::sim {

// Latencies in logarithmic buckets, 128 to each doubling: an error of 0.4 % at most.
class Histogram {
 public:
  void Add(Ns latency) {
    const auto value = static_cast<std::uint64_t>(latency < kUnit ? kUnit : latency) / kUnit;
    const int exponent = static_cast<int>(std::bit_width(value)) - 1;
    const std::uint64_t fraction =
        exponent >= kBits ? value >> (exponent - kBits) : value << (kBits - exponent);
    const auto bucket =
        (static_cast<std::size_t>(exponent) << kBits) + (fraction & (kPerDoubling - 1));
    if (bucket >= counts_.size()) {
      counts_.resize(bucket + 1);
    }
    ++counts_[bucket];
    ++count_;
    sum_ += latency;
    max_ = latency > max_ ? latency : max_;
  }

  std::int64_t count() const { return count_; }
  Ns max() const { return max_; }
  double Mean() const {
    return count_ > 0 ? static_cast<double>(sum_) / static_cast<double>(count_) : 0;
  }

  // The least latency that `part` of all do not exceed; 0 of none.
  Ns Quantile(double part) const {
    const double wanted = part * static_cast<double>(count_);
    std::int64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen > 0 && static_cast<double>(seen) >= wanted) {
        return Middle(bucket);
      }
    }
    return max_;
  }

 private:
  static constexpr Ns kUnit = 1000;
  static constexpr int kBits = 7;
  static constexpr std::uint64_t kPerDoubling = 1U << kBits;

  static Ns Middle(std::size_t bucket) {
    const double scale = static_cast<double>(std::uint64_t{1} << (bucket >> kBits)) * kUnit;
    const double within = static_cast<double>(bucket & (kPerDoubling - 1)) + 0.5;
    return static_cast<Ns>(scale * (1 + within / kPerDoubling));
  }

  std::vector<std::int64_t> counts_;
  std::int64_t count_ = 0;
  Ns sum_ = 0;
  Ns max_ = 0;
};

}  // namespace loadline::sim
