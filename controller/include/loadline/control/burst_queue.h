// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <optional>

#include "absl/status/statusor.h"
#include "loadline/clock.h"
#include "loadline/control/control_law.h"
#include "loadline/control/option.h"

namespace loadline::control {

// Options of a burst queue.
struct BurstQueueOptions {
  double share = 0.8;            // Of the deadline: what residence and wait may take together.
  double standing_share = 0.04;  // Of the deadline.
  double standing_ms = 10;
  double standing_cap = 0.15;  // Of the deadline.
  double standing_after_ms = 600;
  double clear_after_ms = 250;

  static constexpr auto Specs() {
    using O = BurstQueueOptions;
    return std::to_array<OptionSpec<O>>({
        {"share", &O::share, 0, 1, "a fifth of the deadline is left for what varies"},
        {"standing_share", &O::standing_share, 0, 1, "keeps the CPUs busy between two ticks"},
        {"standing_ms", &O::standing_ms, 0, 10000, "a scheduler's slice or two"},
        {"standing_cap", &O::standing_cap, 0, 1, "for deadlines so short that 10 ms are much"},
        {"standing_after_ms", &O::standing_after_ms, 1, 60000,
         "longer than a burst, less than an SLO"},
        {"clear_after_ms", &O::clear_after_ms, 1, 60000, "a gap that chance does not make"},
    });
  }
};
static_assert(SpecsAreWhole<BurstQueueOptions>());

// Says who may wait in front of a limit. It holds no requests: the owner keeps them, first in first
// out per priority level.
//
//     expected wait   (ahead + 1) / min(limit / Re, 1.1 * completions per second while busy)
//     bound, burst    max(0, 0.8 D - Re)
//     bound, standing max(0.04 D, min(10 ms, 0.15 D))
//     may queue       expected wait <= bound
//     still worth it  at its turn: sojourn <= max(10 ms, 0.8 D - R0e)
//
// A queue is standing when the limit was reached, or somebody waited, for 600 ms without a break;
// until 250 ms passed in which neither was so. A burst shorter than that is absorbed as far as
// deadlines allow; a queue that stays serves nobody and is kept short.
//
// The price: the first 600 ms of a lasting overload are answered late, though in time.
//
// Thread safety: none. The owner serializes calls.
//
// Source: CoDel's distinction of good and bad queues (Nichols and Jacobson, ACM Queue 2012), on a
// clock of deadlines.
class BurstQueue {
 public:
  static absl::StatusOr<BurstQueue> Create(const BurstQueueOptions& options = {});

  // Once per tick, with what the law made of it.
  void OnTick(const Window& tick, const ControlLaw& law);

  // Call with each arrival and each end: `busy` while in flight has reached the limit or somebody
  // waits.
  void Note(Clock::Time now, bool busy);

  // `ahead` wait already. `deadline`: of the request, from now.
  bool MayQueue(int ahead, Clock::Duration deadline) const;

  // At a request's turn, after it waited for `sojourn` of its `deadline`.
  bool StillWorthIt(Clock::Duration sojourn, Clock::Duration deadline) const;

  // The longest wait that is allowed now.
  Clock::Duration Bound(Clock::Duration deadline) const;

  Clock::Duration ExpectedWait(int ahead) const;
  bool standing() const { return standing_; }

 private:
  explicit BurstQueue(const BurstQueueOptions& options) : options_(options) {}

  BurstQueueOptions options_;
  bool standing_ = false;
  bool busy_ = false;
  double held_ms_ =
      0;  // How long `busy_` has been so; only time that passed, wherever clocks jump.
  std::optional<Clock::Time> seen_at_;
  double limit_ = 20;
  double residence_ = 0;  // Re, seconds; 0: not known yet.
  double no_load_ = 0;    // R0e.
  double drain_ = 0;      // Completions per second in ticks that were busy throughout; 0: none yet.
  bool was_full_ = false;  // The last tick reached the limit.
};

}  // namespace loadline::control
