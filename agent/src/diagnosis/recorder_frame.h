// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "agent/src/diagnosis/pool_record.h"
#include "loadline/clock.h"

namespace loadline::agent {

// One window of all pools of a host.
struct Frame {
  static constexpr double kSlack = 0.01;

  Clock::Time end;
  Clock::Duration span{};
  double unix_end = 0;  // By the wall clock as it was then.
  double cpu_idle = 0;
  double memory_pressure = 0;
  double disk_pressure = 0;
  bool has_pressure = false;
  std::uint32_t left_out = 0;  // Pools for which there was no room.
  std::string records;         // PoolRecords, the most trouble first.

  double unix_begin() const { return unix_end - Seconds(span); }
  Clock::Time begin() const { return end - span; }
  // The wall clock and the steady one, of which the span is, part by some microseconds.
  bool Holds(double unix_time) const {
    return unix_begin() - kSlack <= unix_time && unix_time < unix_end;
  }
  bool Overlaps(double since, double until) const {
    return unix_begin() < until && since < unix_end;
  }
  std::size_t bytes() const { return sizeof(Frame) + records.capacity(); }

  // Calls `take(record)` for each. False: the bytes are no records.
  template <typename Take>
  bool ForEach(Take take) const {
    ByteReader in(records);
    while (!in.at_end()) {
      std::optional<PoolRecord> record = ReadRecord(in, Seconds(span));
      if (!record.has_value()) {
        return false;
      }
      take(*std::move(record));
    }
    return true;
  }
};

}  // namespace loadline::agent
