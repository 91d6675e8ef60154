// SPDX-License-Identifier: Apache-2.0
#include "agent/src/diagnosis/pool_record.h"

#include <algorithm>
#include <functional>

#include "agent/src/diagnosis/small_float.h"

namespace loadline::agent {
namespace {

// Of the third byte: severity below, flags above.
constexpr unsigned kSeverityMask = 7;
constexpr unsigned kRestFlag = 8;
constexpr unsigned kClientsFlag = 16;
constexpr unsigned kRestsFlag = 32;
constexpr unsigned kCulpritBits = 11;
static_assert(kSeverityCount <= kSeverityMask + 1);
static_assert(1U << kCulpritBits == PoolRecord::kCulpritsMax);
static_assert(kCauseCount <= 1U << (16 - kCulpritBits));
static_assert(27 + 6 * PoolRecord::kPartsMax <= PoolRecord::kBytesMax);

std::uint8_t Byte(int count) { return static_cast<std::uint8_t>(std::clamp(count, 0, 0xff)); }
std::uint16_t Word(int count) { return static_cast<std::uint16_t>(std::clamp(count, 0, 0xffff)); }

bool ByTime(const PoolRecord::Part& a, const PoolRecord::Part& b) { return a.seconds > b.seconds; }

void AddPart(const PoolRecord::Part& part, std::vector<PoolRecord::Part>& parts) {
  const auto same = std::ranges::find_if(parts, [&](const PoolRecord::Part& one) {
    return one.cause == part.cause && one.culprit == part.culprit;
  });
  if (same == parts.end()) {
    parts.push_back(part);
  } else {
    same->seconds += part.seconds;
    same->waits += part.waits;
  }
}

}  // namespace

double PoolRecord::Lost() const {
  double lost = 0;
  for (const Part& part : parts) {
    lost += part.seconds;
  }
  return lost;
}

bool PoolRecord::IsRest(double span_seconds) const {
  return severity <= Severity::kBusy && none_free == 0 && undecided == 0 && waited_for == 0 &&
         queue == 0 && drops == 0 && Lost() < kRestMax * span_seconds;
}

void PoolRecord::Append(const PoolRecord& later) {
  severity = later.severity;
  severity_seconds = later.severity_seconds;
  clients |= later.clients;
  rests |= later.rests;
  looks += later.looks;
  none_free += later.none_free;
  undecided += later.undecided;
  waited_for += later.waited_for;
  awake += later.awake;
  threads = later.threads;
  free = later.free;
  rested += later.rested;
  queue = later.queue;
  drops += later.drops;
  for (const Part& part : later.parts) {
    AddPart(part, parts);
  }
  std::ranges::stable_sort(parts, ByTime);
}

void PoolRecord::Fold(std::uint16_t other) {
  std::ranges::stable_sort(parts, ByTime);
  if (parts.size() <= kPartsMax) {
    return;
  }
  const std::vector<Part> beyond(parts.begin() + (kPartsMax - 1), parts.end());
  parts.resize(kPartsMax - 1);
  const bool one_cause =
      std::ranges::all_of(beyond, [&](const Part& p) { return p.cause == beyond[0].cause; });
  for (const Part& part : beyond) {
    const auto of_cause = std::ranges::find_if(
        parts, [&](const Part& p) { return p.cause == part.cause && p.culprit == other; });
    AddPart({.cause = of_cause != parts.end() || one_cause ? part.cause : Cause::kUnknown,
             .culprit = other,
             .seconds = part.seconds,
             .waits = part.waits},
            parts);
  }
  std::ranges::stable_sort(parts, ByTime);
}

std::size_t Write(const PoolRecord& record, double span_seconds, std::string& out) {
  const std::size_t before = out.size();
  const bool rest = record.IsRest(span_seconds);
  ByteWriter to(out);
  to.Put(record.pool);
  to.Put(static_cast<std::uint8_t>(static_cast<unsigned>(record.severity) | (rest ? kRestFlag : 0) |
                                   (record.clients ? kClientsFlag : 0) |
                                   (record.rests ? kRestsFlag : 0)));
  to.Put(Byte(record.looks));
  if (rest) {
    to.Put(Word(record.threads.all()));
    return out.size() - before;
  }
  to.Put(Byte(static_cast<int>(record.parts.size())));
  for (const int count : {record.none_free, record.undecided, record.waited_for, record.awake}) {
    to.Put(Byte(count));
  }
  for (const int count : {record.threads.working, record.threads.runnable, record.threads.waiting,
                          record.threads.idle, record.free}) {
    to.Put(Word(count));
  }
  for (const double figure : {record.severity_seconds, record.rested, record.queue, record.drops}) {
    to.Put(ToSmallFloat(figure));
  }
  for (const PoolRecord::Part& part : record.parts) {
    to.Put(static_cast<std::uint16_t>(static_cast<unsigned>(part.cause) << kCulpritBits |
                                      part.culprit));
    to.Put(ToSmallFloat(part.seconds));
    to.Put(ToSmallFloat(part.waits));
  }
  return out.size() - before;
}

std::optional<PoolRecord> ReadRecord(ByteReader& in, double span_seconds) {
  PoolRecord record;
  record.pool = in.Get<std::uint16_t>();
  const unsigned flags = in.Get<std::uint8_t>();
  const unsigned severity = flags & kSeverityMask;
  if (severity >= kSeverityCount) {
    return std::nullopt;
  }
  record.severity = static_cast<Severity>(severity);
  record.clients = (flags & kClientsFlag) != 0;
  record.rests = (flags & kRestsFlag) != 0;
  record.looks = in.Get<std::uint8_t>();
  if ((flags & kRestFlag) != 0) {
    record.threads.idle = record.free = in.Get<std::uint16_t>();
    record.rested = record.threads.idle * span_seconds;
    return in.ok() ? std::optional(record) : std::nullopt;
  }
  const std::size_t parts = in.Get<std::uint8_t>();
  if (parts > PoolRecord::kPartsMax) {
    return std::nullopt;
  }
  for (int* count : {&record.none_free, &record.undecided, &record.waited_for, &record.awake}) {
    *count = in.Get<std::uint8_t>();
  }
  for (int* count : {&record.threads.working, &record.threads.runnable, &record.threads.waiting,
                     &record.threads.idle, &record.free}) {
    *count = in.Get<std::uint16_t>();
  }
  for (double* figure : {&record.severity_seconds, &record.rested, &record.queue, &record.drops}) {
    *figure = FromSmallFloat(in.Get<std::uint16_t>());
  }
  for (std::size_t i = 0; i < parts; ++i) {
    const unsigned what = in.Get<std::uint16_t>();
    if (what >> kCulpritBits >= kCauseCount) {
      return std::nullopt;
    }
    record.parts.push_back(
        {.cause = static_cast<Cause>(what >> kCulpritBits),
         .culprit = static_cast<std::uint16_t>(what & (PoolRecord::kCulpritsMax - 1U)),
         .seconds = FromSmallFloat(in.Get<std::uint16_t>()),
         .waits = FromSmallFloat(in.Get<std::uint16_t>())});
  }
  return in.ok() ? std::optional(record) : std::nullopt;
}

}  // namespace loadline::agent
