// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "agent/src/model/pool_row.h"
#include "loadline/signal.h"

namespace loadline::agent {

// What the metrics say of one label set: all processes of one name in one container or unit, their
// pools of one name.
struct PoolSeries : PoolNow {
  struct Peer {
    int threads = 0;
    Clock::Duration total{};
  };

  std::string process;
  std::string pool;
  std::string container = {};
  bool registered = false;
  PoolSums totals = {};
  std::map<std::string, Peer, std::less<>> peers = {};
  std::map<std::string, Clock::Duration, std::less<>> neighbours = {};
  std::map<std::size_t, LatencyHistogram::Classic> latencies = {};  // By LatencyRow::kind.
  std::array<Clock::Duration, kCauseCount> lost = {};               // By Cause; only grows.
  std::array<int, kSeverityCount> severities = {};                  // Processes, by Severity.
};

// Adds rows up by label set and keeps the number of sets bounded.
//
// Totals of a set only grow, also when its processes end: rows bring increments. Beyond pools_max
// sets the least active go to process="other", pool="other"; what a set counted goes with it, so
// that "other" only grows too. A set comes back only when it is twice as active as the least active
// that has a place, lest two of them swap for ever.
//
// Thread safety: none. The owner serializes calls.
class SeriesBook {
 public:
  struct Options {
    std::size_t pools_max = 200;
    std::size_t peers_max = 8;  // Of a set, beside "other"; likewise neighbours.
  };

  explicit SeriesBook(const Options& options) : options_(options) {
    other_.process = other_.pool = "other";
  }

  void Update(std::span<const PoolRow> rows);
  // What belongs to no row: it is added to "other".
  void AddToOther(const PoolRow& row);

  // In the order of the labels; "other" is last, if there is any.
  std::vector<PoolSeries> Series() const;

  // Times that a set had to go to "other".
  std::uint64_t folded_total() const { return folded_total_; }

 private:
  using Labels = std::tuple<std::string, std::string, std::string>;  // As in PoolSeries.
  using LabelsView = std::tuple<std::string_view, std::string_view, std::string_view>;
  struct LabelsLess {
    using is_transparent = void;
    bool operator()(const LabelsView& a, const LabelsView& b) const { return a < b; }
  };
  struct Entry {
    PoolSeries series;
    double activity = 0;  // Seconds per reading, decaying.
    bool placed = false;  // Has a place of its own.
    bool seen = false;    // In this reading.
  };

  Entry& EntryOf(const PoolRow& row);
  void Add(Entry& entry, const PoolRow& row);
  void AddTo(PoolSeries& series, const PoolRow& row) const;
  void Place();
  void FoldIntoOther(Entry& entry);

  const Options options_;
  std::map<Labels, Entry, LabelsLess> entries_;
  PoolSeries other_;
  bool other_used_ = false;
  std::uint64_t folded_total_ = 0;
};

}  // namespace loadline::agent
