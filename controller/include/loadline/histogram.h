// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace loadline {

// Latencies in logarithmic buckets, 128 to each doubling: the middle of a bucket is within 0.4 % of
// what is in it from 128 us on. Below that, latencies are counted as whole microseconds, rounded
// down.
// What scores and reports are made of. (What the probes count has the kernel's coarser buckets:
// agent/src/sampler/latency_histogram.h.)
//
// Units: nanoseconds. Thread safety: none.
class Histogram {
 public:
  void Add(std::int64_t latency_ns) {
    const auto value = static_cast<std::uint64_t>(latency_ns < kUnit ? kUnit : latency_ns) / kUnit;
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
    sum_ += latency_ns;
    max_ = latency_ns > max_ ? latency_ns : max_;
  }

  std::int64_t count() const { return count_; }
  std::int64_t max() const { return max_; }
  double Mean() const {
    return count_ > 0 ? static_cast<double>(sum_) / static_cast<double>(count_) : 0;
  }

  // The least latency that `part` of all do not exceed, as the middle of its bucket; 0 of none.
  std::int64_t Quantile(double part) const { return Edge(part, 0.5); }

  // The same as the upper edge of its bucket: never below the true one from 128 us on, and at most
  // 1/128 above it.
  std::int64_t QuantileAtMost(double part) const { return Edge(part, 1); }

 private:
  static constexpr std::int64_t kUnit = 1000;
  static constexpr int kBits = 7;
  static constexpr std::uint64_t kPerDoubling = 1U << kBits;

  // `within`: how far into the bucket of the quantile, from 0 to 1.
  std::int64_t Edge(double part, double within) const {
    const double wanted = part * static_cast<double>(count_);
    std::int64_t seen = 0;
    for (std::size_t bucket = 0; bucket < counts_.size(); ++bucket) {
      seen += counts_[bucket];
      if (seen > 0 && static_cast<double>(seen) >= wanted) {
        const double scale = static_cast<double>(std::uint64_t{1} << (bucket >> kBits)) * kUnit;
        const double steps = static_cast<double>(bucket & (kPerDoubling - 1)) + within;
        return static_cast<std::int64_t>(scale * (1 + steps / kPerDoubling));
      }
    }
    return max_;
  }

  std::vector<std::int64_t> counts_;
  std::int64_t count_ = 0;
  std::int64_t sum_ = 0;
  std::int64_t max_ = 0;
};

}  // namespace loadline
