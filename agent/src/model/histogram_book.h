// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "agent/src/model/pool_row.h"
#include "agent/src/sampler/thread_sample.h"

namespace loadline::agent {

// Which pools have histograms of their own, and what those say.
//
// There is room for some only, since each costs memory in the kernel, per CPU: registered pools
// come first, then the most active. Another takes a place only when it is twice as active, lest two
// of them swap for ever. The waits of all others are added up.
//
// Quantiles are of the last 30 to 60 readings: those of all time would hide an outage for days.
//
// Thread safety: none. The owner serializes calls.
class HistogramBook {
 public:
  static constexpr int kReadingsOfHalf = 30;

  // `histograms_max`: numbers 1 to that may be given out.
  explicit HistogramBook(std::uint32_t histograms_max);

  // What the source is to be told: the waits of these count into this histogram.
  struct Assignment {
    std::uint32_t histogram = 0;
    std::vector<std::uint32_t> pool_numbers;  // Empty: it is free.
  };

  // Folds in what a reading brought, gives out numbers, and fills PoolRow::latencies of `rows`.
  std::vector<Assignment> Update(std::span<const WaitHistogram> news, std::vector<PoolRow>& rows);

  // The waits of pools without a histogram in the last reading, as a row of the pool "other".
  PoolRow Others() const;

 private:
  struct Kind {
    std::uint64_t count = 0;
    Clock::Duration sum{};
    LatencyHistogram::Classic increment;  // In this reading.
    std::array<LatencyHistogram, 2> halves;
  };
  using Kinds = std::map<std::size_t, Kind>;
  using Key = std::pair<pid_t, std::string>;
  struct Entry {
    std::uint32_t histogram = 0;  // 0: none.
    std::vector<std::uint32_t> pool_numbers;
    double activity = 0;  // Seconds per reading, decaying.
    bool registered = false;
    bool seen = false;
    Kinds kinds;

    double Rank() const { return registered ? activity + 1e9 : activity; }
  };

  void Fold(std::span<const WaitHistogram> news);
  void Look(const std::vector<PoolRow>& rows);
  std::vector<Assignment> Place();

  std::uint64_t reading_ = 0;
  std::map<Key, Entry> entries_;
  std::vector<std::uint32_t> free_;
  std::map<std::uint32_t, Key> owner_;
  std::map<std::size_t, LatencyHistogram::Classic> others_;  // By kind, in this reading.
  std::map<Key, std::vector<std::uint32_t>> changed_;
};

}  // namespace loadline::agent
