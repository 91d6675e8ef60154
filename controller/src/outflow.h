// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "loadline/control/control_law.h"
#include "loadline/control/kernel_options.h"

namespace loadline::control {

// Tells a dependency that became slow from one that became full, by what comes out of it.
//
// Where calls take longer, those before the change still end after the old time and those after it
// only after the new: throughput has a gap of the difference. Where a dependency serves less than
// is asked of it, throughput falls to what it serves, without a gap, and requests queue there.
// Calls whose times spread like an exponential leave no gap, but throughput rises again by itself.
//
// The rate is a mean over a quarter of the deadline, or as long as twenty completions usually take.
class Outflow {
 public:
  explicit Outflow(const KernelOptions& options) : options_(options) {}

  // Call with every tick. `usual`: completions per second while all was well; `anchor`: R0 as it
  // was before demand pushed, seconds.
  void Add(const Window& tick, double usual, double anchor);

  double rate() const { return rate_; }  // X: completions per second.

  // Few enough completions to say nothing.
  bool sparse() const { return rate_ * mean_over_ < 10; }

  // Since requests take half as long again as the anchor, less comes out than is let in, and more
  // is in flight than can be answered in time at that rate, and that rate does not rise by itself.
  bool full() const { return full_; }

  // What may be in flight to be answered in time, while full().
  double answerable() const { return answerable_; }

  // No gap within four deadlines.
  bool steady() const;

  // Seconds for which nothing has come out although ten were due: calls became slower, by as much.
  // 0: something did; or there was a silence a moment ago, and what was let in between comes in
  // bunches.
  double silence() const { return first_ && silence_ * due_ >= kDue ? silence_ : 0; }

 private:
  static constexpr double kDue = 10;  // By chance one silence in 20,000 is as long.

  KernelOptions options_;
  void Listen(double ended, double span, double deadlines, double due);

  // Sums since requests take longer, of about the last two deadlines.
  struct Queueing {
    bool begun = false;
    double completed = 0, admitted = 0, span = 0;
    double rate = 0, least = 1e9;  // Completions per second, smoothed; the least of it.

    // Throughput has risen from its least, by a mean over `over` seconds: nothing is full.
    bool Rises(double ended, double tick, double over);
  };
  double rate_ = 0;
  double mean_over_ = 1;        // Seconds, of rate_.
  double in_flight_ = 0;        // At the tick before.
  double quick_ = 0;            // The same, over as little as is of use.
  double usual_ = 0;            // Over four deadlines.
  double since_gap_ = 0;        // Deadlines.
  double silence_ = 0;          // Seconds since something came out.
  double since_silence_ = 1e9;  // Deadlines, since the one before.
  bool first_ = false;          // It is some time since the one before.
  double due_ = 0;              // Per second, while all was well.
  Queueing queueing_;
  bool full_ = false;
  double answerable_ = 0;
};

}  // namespace loadline::control
