// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <limits>

#include "loadline/control/pool_sizer_options.h"

namespace loadline::control {

// Looks for the least number of threads that does as much as more of them: behind a lock, the
// others only wait for it. Begins where the lock is the bottleneck and outlasts that verdict, which
// it mends itself: with the least number of threads nobody waits for the lock for long.
//
//     measure  what the pool does as it is: the reference
//     down     one step less: throughput within `lock_loss` of the reference? Keep it, and go on
//     hold     the last size that was good, for `lock_hold` epochs; measured
//     up       one step more: does it grow by more than `lock_loss`? Keep it, and go on; else down
//
// An epoch begins two residences after the pool has the size, and lasts 1,000 completions, at least
// 400 ms and at most 10 s: chance is then well below `lock_loss`, but where a pool completes less.
//
// The reference is an anchor that falls by at most 1 % per step, and the step up after each hold
// takes it anew with more threads: a chain of tolerated losses cannot ratchet the size down.
//
// Ends where the search has no object any more: nobody waits for a thread; more threads do more and
// nobody waits for a lock; half as much again gets done; or the work changed, which K tells.
class LockSearch {
 public:
  struct Input {
    double span = 0;  // Seconds.
    double threads = 1;
    double completed = 0;
    double residence = 0;  // Of a task, seconds.
    double lock = 0;       // Threads that wait for one, in the mean.
    double knee = 1;       // K.
    bool pressed = false;  // Tasks wait, or all threads are in use.
    bool lock_bound = false;
  };

  explicit LockSearch(const PoolSizerOptions& options) : options_(options) {}

  // The most threads that are of use; infinity while nothing is searched.
  double Add(const Input& input);
  void Stop();

  bool on() const { return phase_ != Phase::kOff; }

 private:
  enum class Phase : std::uint8_t { kOff, kMeasure, kDown, kHold, kUp };

  bool Over(const Input& input);
  bool EpochEnds(const Input& input);
  void Judge(double rate);
  void Try(Phase phase, double cap);
  double Less() const;
  double More() const;

  static constexpr double kNone = std::numeric_limits<double>::infinity();

  PoolSizerOptions options_;
  Phase phase_ = Phase::kOff;
  double cap_ = kNone;
  double current_ = 0;    // The size last known to be good.
  double reference_ = 0;  // Completions per second.
  double left_ = 0;       // Epochs of this hold.
  double knee_ = 0;       // K, when the search began.
  double lock_ = 0;       // As Input, over a second.
  double unpressed_ = 0;  // Seconds in a row.
  double pause_ = 0;      // Seconds until a new search may begin.
  double settled_ = 0;    // Seconds at this size; then those of the epoch:
  double span_ = 0, completed_ = 0;
};

}  // namespace loadline::control
