// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/latency_histogram.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>

namespace loadline::demo {

std::size_t LatencyHistogram::BucketOf(std::uint64_t us) {
  constexpr std::uint64_t kSub = std::uint64_t{1} << kSubBits;
  if (us < kSub) {
    return static_cast<std::size_t>(us);
  }
  const int shift = static_cast<int>(std::bit_width(us)) - 1 - kSubBits;
  const std::uint64_t octave = static_cast<std::uint64_t>(shift) + 1;
  const std::uint64_t bucket = (octave << kSubBits) + ((us >> shift) - kSub);
  return std::min(static_cast<std::size_t>(bucket), kBuckets - 1);
}

std::uint64_t LatencyHistogram::UpperEdge(std::size_t bucket) {
  constexpr std::uint64_t kSub = std::uint64_t{1} << kSubBits;
  const std::uint64_t octave = bucket >> kSubBits;
  const std::uint64_t sub = bucket & (kSub - 1);
  if (octave == 0) {
    return sub;
  }
  return ((kSub + sub + 1) << (octave - 1)) - 1;
}

void LatencyHistogram::Add(Clock::Duration latency) {
  const auto us = std::chrono::duration_cast<std::chrono::microseconds>(latency).count();
  ++buckets_[BucketOf(us > 0 ? static_cast<std::uint64_t>(us) : 0)];
  ++count_;
}

Clock::Duration LatencyHistogram::Quantile(double q) const {
  const auto rank = std::max<std::int64_t>(
      1, static_cast<std::int64_t>(std::ceil(q * static_cast<double>(count_))));
  std::int64_t seen = 0;
  for (std::size_t i = 0; i < kBuckets && count_ > 0; ++i) {
    seen += buckets_[i];
    if (seen >= rank) {
      return std::chrono::microseconds{UpperEdge(i)};
    }
  }
  return Clock::Duration::zero();
}

}  // namespace loadline::demo
