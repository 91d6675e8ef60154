// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/src/diagnosis/make_report.h"
#include "agent/src/diagnosis/recorder_frame.h"
#include "agent/src/diagnosis/ref_table.h"
#include "loadline/clock.h"

namespace loadline::agent {

// Remembers what pools lost their time to: windows of a second for two minutes, and of ten seconds
// for half an hour. Where a pool becomes exhausted or stuck, its seconds from a minute before to a
// minute after are kept aside, until newer ones need their room.
//
// Takes kBytesMax at most. Where pools do not fit, those in least trouble are left out of a window,
// and counted. A window is as long as a reading where readings are rarer than it.
//
// Past windows are asked for by the wall clock as it was when they were recorded. All else goes by
// the steady one, so that a clock that is set neither ends nor prolongs what is kept.
//
// Costs 0.14 ms per reading of 300 pools, 40 of them at work, 0.28 ms if all are, of which 200 fit;
// a question over half an hour of them 4 ms, and so does Save().
//
// Thread safety: none.
class FlightRecorder {
 public:
  static constexpr std::size_t kBytesMax = 4'000'000;
  static constexpr std::chrono::seconds kFineWindow{1};
  static constexpr std::chrono::seconds kFineFor{120};
  static constexpr std::chrono::seconds kCoarseWindow{10};
  static constexpr std::chrono::minutes kCoarseFor{30};
  static constexpr std::chrono::seconds kAround{60};      // Of an onset, on both sides.
  static constexpr std::chrono::minutes kOnsetEvery{10};  // Of one pool: one that comes and goes.

  FlightRecorder();
  FlightRecorder(const FlightRecorder&) = delete;
  FlightRecorder& operator=(const FlightRecorder&) = delete;

  // One reading: `diagnosed` with cases of it, at the time `at`, `unix_time` by the wall clock.
  void Add(const Diagnosed& diagnosed, Clock::Time at, double unix_time);

  // The smallest window that held the time; `now` gives what no window changes, at `now_unix`.
  // kOutOfRange: none is held.
  absl::StatusOr<Diagnosed> At(double unix_time, const Diagnosed& now, double now_unix) const;
  // All from `since` to `until` as one window. kOutOfRange: `since` is not held.
  absl::StatusOr<Diagnosed> Between(double since, double until, const Diagnosed& now,
                                    double now_unix) const;

  // All that is kept but the second that is not over.
  std::string Save() const;
  // One that goes on from there, in this process or another, after a reboot too: `at` and
  // `unix_time` are now. kDataLoss: that is not what Save() wrote.
  static absl::StatusOr<std::unique_ptr<FlightRecorder>> Load(std::string_view saved,
                                                              Clock::Time at, double unix_time);

  // Pools that were left out of a window of a second, or came without a number: since the start.
  std::uint64_t left_out() const { return left_out_; }
  std::size_t bytes() const;
  std::size_t fine_windows() const { return fine_.size(); }
  std::size_t coarse_windows() const { return coarse_.size(); }
  std::size_t kept_aside() const { return asides_.size(); }

 private:
  // Bounds of the parts; together kBytesMax.
  static constexpr std::size_t kFineBytesMax = 9'900;  // Records of one window.
  static constexpr std::size_t kCoarseBytesMax = 9'900;
  static constexpr std::size_t kAsideBytesMax = 190'000;  // In all.
  static constexpr std::size_t kAsidePoolsMax = 16;       // Of one onset.
  static constexpr std::size_t kFineMax = 120;            // Windows.
  static constexpr std::size_t kCoarseMax = 180;
  static constexpr std::size_t kReadingsMax = 16;  // In a window of a second.
  static constexpr std::size_t kPoolsMax = 8'192;
  static constexpr std::size_t kPoolBytesMax = 260'000;
  static constexpr std::size_t kPidBytesMax = 60'000;
  static constexpr std::size_t kPidsMax = 32;  // Of a pool.
  static constexpr std::size_t kCulpritBytesMax = 190'000;
  static constexpr std::size_t kTextMax = 128;
  // What was seen last of a pool takes less than half of its name's room.
  static_assert((kFineMax + kReadingsMax) * (kFineBytesMax + sizeof(Frame)) +
                    kCoarseMax * (kCoarseBytesMax + sizeof(Frame)) + kAsideBytesMax +
                    kPoolBytesMax * 3 / 2 + kPidBytesMax + kCulpritBytesMax <=
                kBytesMax);

  struct PoolName {
    std::string process;
    std::string container;
    std::string pool;
    pid_t pid = 0;  // Of the eldest.
    bool registered = false;

    auto operator<=>(const PoolName&) const = default;  // NOLINT(modernize-use-nullptr): has none.
  };
  // Of pools that came into trouble at about the same time.
  struct Aside {
    Clock::Time onset;
    std::vector<std::uint16_t> pools;
    std::vector<Frame> frames;  // Empty: its time is not over yet.
  };
  struct LastSeen {
    Severity severity = Severity::kAmple;
    Clock::Time onset;
    bool had_onset = false;
  };

  static std::size_t BytesOf(const PoolName& name);
  PoolRecord RecordOf(const PoolCase& one);
  std::uint16_t NumberOf(std::string_view culprit);
  void Hold(const PoolRecord& record);
  void LetGo(const PoolRecord& record);
  void LetGo(const Frame& frame);
  void KeepPids(std::uint16_t pool, const std::vector<pid_t>& pids);
  void ForgetPids();

  // Writes the records, the most trouble first, as far as they fit. What is written is held.
  void Fill(std::vector<PoolRecord> records, std::size_t bytes_max, Frame& frame);
  Frame Merge(std::span<const Frame> frames, std::size_t bytes_max);
  void CloseFine();
  void CloseCoarse();
  void Expire(Clock::Time now);
  void NoteOnsets(const std::vector<PoolRecord>& records, Clock::Time at);
  void FinishAsides(Clock::Time now);
  void FinishAside(Aside& aside);
  std::size_t AsideBytes() const;

  const Frame* FrameAt(double unix_time, double now_unix) const;
  std::vector<const Frame*> FramesBetween(double since, double until) const;
  Diagnosed DiagnosedOf(std::span<const Frame* const> frames, const Diagnosed& now,
                        double now_unix) const;
  PoolCase CaseOf(const PoolRecord& record, double span_seconds) const;
  absl::Status NotHeld(double unix_time) const;
  bool IsSound(const Frame& frame) const;
  absl::Status LoadInto(std::string_view saved, Clock::Time at, double unix_time);

  RefTable<PoolName> pools_{kPoolsMax, kPoolBytesMax, BytesOf};
  RefTable<std::string> culprits_{PoolRecord::kCulpritsMax, kCulpritBytesMax,
                                  [](const std::string& text) { return text.size(); }};
  std::uint16_t other_ = 0;                           // Of kOther; held for ever.
  std::map<std::uint16_t, std::vector<pid_t>> pids_;  // Of pools that have more than one process.
  std::size_t pid_bytes_ = 0;
  std::vector<Frame> readings_;  // Of the second that is not over.
  std::deque<Frame> fine_;
  std::deque<Frame> coarse_;
  std::size_t since_coarse_ = 0;  // The newest so many of fine_ are in no coarse one yet.
  std::deque<Aside> asides_;
  std::map<std::uint16_t, LastSeen> last_seen_;  // Pools that are, or were, in trouble.
  std::uint64_t left_out_ = 0;
};

}  // namespace loadline::agent
