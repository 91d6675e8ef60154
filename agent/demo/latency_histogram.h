// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "loadline/clock.h"

namespace loadline::demo {

// Counts latencies in log-linear buckets: 32 per power of two, so that a quantile is at most 1/32
// (3.1 %) above the true one, from a microsecond to over an hour, in 8 KiB.
//
// Thread safety: none.
class LatencyHistogram {
 public:
  // Negative counts as zero; more than the range counts into the last bucket.
  void Add(Clock::Duration latency);

  std::int64_t count() const { return count_; }

  // The upper edge of the bucket that holds the q-quantile, q in [0, 1]. Zero when empty.
  Clock::Duration Quantile(double q) const;

 private:
  static constexpr int kSubBits = 5;
  static constexpr int kOctaves = 32;
  static constexpr std::size_t kBuckets = std::size_t{kOctaves} << kSubBits;

  static std::size_t BucketOf(std::uint64_t us);
  static std::uint64_t UpperEdge(std::size_t bucket);

  std::array<std::int64_t, kBuckets> buckets_{};
  std::int64_t count_ = 0;
};

}  // namespace loadline::demo
