// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/latency_histogram.h"

#include <algorithm>
#include <cmath>
#include <numeric>

namespace loadline::agent {
namespace {

Clock::Duration Middle(std::size_t bucket) {
  const std::uint64_t low_ns = ll_histogram_low_ns(static_cast<std::uint32_t>(bucket));
  if (bucket + 1 == LatencyHistogram::kBuckets) {
    return Clock::Duration{static_cast<Clock::Duration::rep>(low_ns)};
  }
  const std::uint64_t high_ns = ll_histogram_low_ns(static_cast<std::uint32_t>(bucket + 1));
  return Clock::Duration{static_cast<Clock::Duration::rep>((low_ns + high_ns) / 2)};
}

}  // namespace

std::uint64_t LatencyHistogram::count() const {
  return std::accumulate(counts_.begin(), counts_.end(), std::uint64_t{0});
}

Clock::Duration LatencyHistogram::Quantile(double q) const {
  const std::uint64_t all = count();
  if (all == 0) {
    return {};
  }
  const double wanted = std::ceil(std::clamp(q, 0.0, 1.0) * static_cast<double>(all));
  const std::uint64_t rank = std::clamp<std::uint64_t>(static_cast<std::uint64_t>(wanted), 1, all);
  std::uint64_t passed = 0;
  for (std::size_t bucket = 0; bucket < kBuckets; ++bucket) {
    passed += counts_[bucket];
    if (passed >= rank) {
      return Middle(bucket);
    }
  }
  return Middle(kBuckets - 1);
}

LatencyHistogram::Classic& LatencyHistogram::Classic::operator+=(const Classic& other) {
  std::ranges::transform(counts, other.counts, counts.begin(), std::plus());
  sum += other.sum;
  return *this;
}

LatencyHistogram::Classic LatencyHistogram::ToClassic() const {
  Classic classic;
  classic.sum = sum_;
  std::uint64_t passed = 0;
  std::size_t bucket = 0;
  for (std::size_t i = 0; i < kClassicBounds.size(); ++i) {
    const std::uint32_t end =
        ll_histogram_bucket(static_cast<std::uint64_t>(kClassicBounds[i].count()));
    for (; bucket < end; ++bucket) {
      passed += counts_[bucket];
    }
    classic.counts[i] = passed;
  }
  classic.counts.back() = count();
  return classic;
}

LatencyHistogram& LatencyHistogram::operator+=(const LatencyHistogram& other) {
  std::ranges::transform(counts_, other.counts_, counts_.begin(), std::plus());
  sum_ += other.sum_;
  return *this;
}

LatencyHistogram& LatencyHistogram::operator-=(const LatencyHistogram& other) {
  std::ranges::transform(counts_, other.counts_, counts_.begin(), std::minus());
  sum_ -= other.sum_;
  return *this;
}

}  // namespace loadline::agent
