// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "agent/src/daemon/state_file.h"
#include "agent/src/diagnosis/make_report.h"
#include "agent/src/diagnosis/recorder.h"
#include "loadline/clock.h"

namespace loadline::agent {

// The past of the host: a flight recorder, and the file by which it survives the agent.
//
// The file is written each kSaveEvery and by Save(). One that cannot be read is set aside, and the
// past begins anew; one that cannot be written is logged once.
//
// Thread safety: any thread. Who asks waits for a reading to be added, and that for an answer: some
// milliseconds.
class History {
 public:
  static constexpr std::chrono::seconds kSaveEvery{10};

  // `unix_time`: seconds since 1970, by the wall clock. No file: the past ends with the agent.
  History(std::optional<StateFile> file, const Clock& clock, std::function<double()> unix_time);

  // The reading that was made at this time.
  void Add(const Diagnosed& diagnosed, Clock::Time at);
  void Save();

  // The window that held the time `at`; with `since`, all from then to `at`, or to now without one.
  // Seconds since 1970, 0: not given; without either, `now`. kOutOfRange: it is not held;
  // kInvalidArgument: it ends before it begins.
  absl::StatusOr<Diagnosed> Find(double at, double since, const Diagnosed& now) const;

  // Pools that were left out of windows for want of room.
  std::uint64_t left_out() const;
  std::size_t bytes() const;

 private:
  std::unique_ptr<FlightRecorder> Load();

  const std::optional<StateFile> file_;
  const Clock& clock_;
  const std::function<double()> unix_time_;
  Clock::Time saved_at_;  // This and the next: of the thread that adds.
  bool failing_ = false;
  mutable absl::Mutex mutex_;
  std::unique_ptr<FlightRecorder> recorder_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace loadline::agent
