// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "agent/src/diagnosis/byte_stream.h"
#include "agent/src/diagnosis/severity.h"
#include "agent/src/model/cause.h"
#include "agent/src/model/pool_row.h"

namespace loadline::agent {

// What a pool did in one window, as numbers: pools and culprits stand in tables. In bytes it takes
// 6 for a pool at rest, at most 64 for any other.
//
// Quanta: times and counts of waits a two-thousandth, threads up to 65,535 and looks up to 255
// whole. A pool that lost less than kRestMax threads, with somebody free at each look and nobody at
// its door, comes back as one at rest.
struct PoolRecord {
  static constexpr std::size_t kBytesMax = 64;
  static constexpr std::size_t kRestBytes = 6;
  static constexpr std::size_t kPartsMax = 6;
  static constexpr std::uint16_t kCulpritsMax = 2048;
  static constexpr double kRestMax = 0.01;

  struct Part {
    Cause cause = Cause::kUnknown;
    std::uint16_t culprit = 0;
    double seconds = 0;  // Of threads.
    double waits = 0;

    friend bool operator==(const Part&, const Part&) = default;
  };

  std::uint16_t pool = 0;
  Severity severity = Severity::kAmple;
  double severity_seconds = 0;  // It had been so for so long.
  bool clients = false;         // These, and the five counts: as in SeverityFacts.
  bool rests = false;
  int looks = 0;
  int none_free = 0;
  int undecided = 0;
  int waited_for = 0;
  int awake = 0;
  ThreadCounts threads;  // At its end; likewise `free`: who would have taken work.
  int free = 0;
  double rested = 0;  // Thread seconds.
  double queue = 0;   // At its end.
  double drops = 0;
  std::vector<Part> parts;  // At most kPartsMax; the most seconds first.

  double Lost() const;  // Thread seconds.
  bool IsRest(double span_seconds) const;
  // Adds a later window of the same pool.
  void Append(const PoolRecord& later);
  // Leaves kPartsMax parts: those beyond add up in one with the culprit `other`, of their cause
  // where they have one, else unknown.
  void Fold(std::uint16_t other);
};

// `record` has at most kPartsMax parts. Returns how many bytes were written.
std::size_t Write(const PoolRecord& record, double span_seconds, std::string& out);
// nullopt: these bytes were never written so.
std::optional<PoolRecord> ReadRecord(ByteReader& in, double span_seconds);

}  // namespace loadline::agent
