// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <chrono>
#include <cstddef>

#include "loadline/clock.h"

namespace loadline::control {

// How long a pool used to wait for its peers, 30 s to 30 min ago: what "slower" is measured by
// where nobody counts requests.
//
// CPU time and voluntary switches stand for requests, since both follow their number: waiting per
// second on the CPU, and per switch. A change of either alone is another mix of requests; a peer is
// slower only by both.
//
// Sixteen slots, of 15 s at first; when they are full, pairs are added up and slots become twice as
// wide, until they hold the half hour. Who should not shift the baseline is not to be added: a
// classifier leaves out windows in which the peer is slow. A clock that jumps back, or by more than
// the half hour, starts it anew.
//
// Thread safety: none. Allocates nothing.
class WaitBaseline {
 public:
  static constexpr std::chrono::seconds kYoungest{30};
  static constexpr std::chrono::minutes kOldest{30};
  // Shorter memories, or hardly any waiting in them, prove nothing.
  static constexpr double kSecondsMin = 10;
  static constexpr double kThreadsMin = 0.01;

  // Of one window, in seconds; `waited` and `on_cpu` of thread time.
  struct Sums {
    double seconds = 0;
    double waited = 0;
    double on_cpu = 0;
    double switches = 0;

    Sums& operator+=(const Sums& other);
  };

  void Add(Clock::Time now, const Sums& window);

  // How many times as long `window` waits as it used to, by the measure that says less. 0: there is
  // nothing to compare with.
  double Slowdown(Clock::Time now, const Sums& window) const;

 private:
  static constexpr std::size_t kSlots = 16;
  struct Slot {
    Clock::Time began_at;
    Sums sums;
  };
  void MakeRoom();
  Sums Before(Clock::Time now) const;

  std::array<Slot, kSlots> slots_{};
  std::size_t used_ = 0;
  Clock::Duration width_ = std::chrono::seconds{15};
  Clock::Time added_at_{};
};

}  // namespace loadline::control
