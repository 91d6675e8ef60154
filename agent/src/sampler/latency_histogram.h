// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "loadline/clock.h"
#include "loadline_abi/histogram.h"

namespace loadline::agent {

// How long waits of one kind lasted, in the log-linear buckets that the kernel counts in: see
// loadline_abi/histogram.h. 1.7 KiB.
//
// Thread safety: none.
class LatencyHistogram {
 public:
  static constexpr std::size_t kBuckets = LL_HISTOGRAM_BUCKETS;

  // The buckets that Prometheus gets, by their upper bounds: a factor of four from 4 us to 17 s,
  // each an edge of ours, so that no count has to be guessed. One more above all of them.
  static constexpr std::array<Clock::Duration, 12> kClassicBounds = [] {
    std::array<Clock::Duration, 12> bounds{};
    for (std::size_t i = 0; i < bounds.size(); ++i) {
      bounds[i] = Clock::Duration{std::int64_t{1} << (12 + 2 * i)};
    }
    return bounds;
  }();
  using ClassicCounts = std::array<std::uint64_t, kClassicBounds.size() + 1>;

  // What Prometheus gets of some waits.
  struct Classic {
    ClassicCounts counts{};  // Of at most each of kClassicBounds, and all: cumulative.
    Clock::Duration sum{};

    Classic& operator+=(const Classic& other);
    friend bool operator==(const Classic&, const Classic&) = default;
  };

  void Add(std::size_t bucket, std::uint64_t count) { counts_[bucket] += count; }
  void AddTime(Clock::Duration sum) { sum_ += sum; }

  std::uint64_t count() const;
  // Of all waits: exact, not from the buckets.
  Clock::Duration sum() const { return sum_; }

  // The middle of the bucket that holds the q-quantile, q in [0, 1]: within 6.25 % of the true one
  // from 1 us to 68 s. Zero when empty; the lower edge of the last bucket for what is beyond.
  Clock::Duration Quantile(double q) const;

  // (A wait that is exactly as long as a bound counts above it: one nanosecond in at least 4096.)
  Classic ToClassic() const;

  LatencyHistogram& operator+=(const LatencyHistogram& other);
  // `other` must be an earlier state of this one.
  LatencyHistogram& operator-=(const LatencyHistogram& other);
  friend bool operator==(const LatencyHistogram&, const LatencyHistogram&) = default;

 private:
  std::array<std::uint64_t, kBuckets> counts_{};
  Clock::Duration sum_{};
};

}  // namespace loadline::agent
