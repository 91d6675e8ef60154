// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "agent/src/kernel/door_book.h"
#include "agent/src/kernel/door_probes.h"
#include "agent/src/sampler/thread_sample.h"
#include "loadline/clock.h"

namespace loadline::agent {

// What stands at the doors of servers, for one reading after the other.
//
// Cost: a walk over all open files every ten seconds, or so seldom that it takes 0.15 % of a CPU;
// between two walks 0.1 us per socket and reading.
//
// Thread safety: none.
class DoorReader {
 public:
  // Null: this kernel has not got what it takes.
  static std::unique_ptr<DoorReader> Create();

  // Fills in doors and connections at `now`. Where they cannot be read, `out` has none.
  void Read(Clock::Time now, HostReading& out);

  // True once after each time that ports() has changed.
  bool TakeNewPorts() { return std::exchange(has_new_ports_, false); }
  const ListenedPorts& ports() const { return book_.ports(); }

  // Appends what did not fit. `doors` may be null: each loss has its row whatever the kernel has.
  static void TellLosses(const DoorReader* doors, std::vector<SourceLoss>& losses);

 private:
  explicit DoorReader(std::unique_ptr<DoorProbes> probes) : probes_(std::move(probes)) {}

  absl::Status Walk(Clock::Time now);

  std::unique_ptr<DoorProbes> probes_;
  DoorBook book_;
  ListenedPorts ports_before_{};
  bool has_new_ports_ = false;
  bool has_walked_ = false;
  Clock::Time walk_at_{};
  std::vector<FoundSocket> found_;  // Kept for its memory.
};

}  // namespace loadline::agent
