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
class DepartureRate {
 public:
  explicit DepartureRate(const KernelOptions& options) : options_(options) {}

  // Call with every tick. `usual`: completions per second while all was well; `reference`: R0 as it
  // was before demand pushed, seconds.
  void Add(const Window& tick, double usual, double reference);

  double rate() const { return rate_; }  // X: completions per second.

  // Few enough completions to say nothing.
  bool sparse() const;

  // Since requests take half as long again as the reference, less comes out than is let in, and
  // more is in flight than can be answered in time at that rate, and that rate does not rise by
  // itself.
  bool full() const { return full_; }

  // What may be in flight to be answered in time, while full().
  double answerable() const { return answerable_; }

  // No gap within four deadlines.
  bool steady() const;

  // Seconds for which nothing has come out although ten were due: calls became slower, by as much.
  // 0: something did; or there was a gap a moment ago, and what was let in between comes in
  // bunches.
  double completion_gap() const;

 private:
  static constexpr double kMemory =
      4;  // Deadlines: a slow call and what it held up have ended by then.
  static constexpr double kEnough =
      20;                             // Completions: their mean rate errs by less than a quarter.
  static constexpr double kFew = 10;  // Of them, or fewer: an error of a third.
  static constexpr double kMeanLeast =
      0.25;                               // Deadlines: the rate is needed before they have passed.
  static constexpr double kMeanMost = 2;  // Deadlines: older completions tell of another load.
  static constexpr double kQuickLeast =
      0.15;  // Seconds: a tick and a half, so that one empty tick shows.
  static constexpr double kUsualLeast = 1;  // Second, of a mean that a gap must not move.
  static constexpr double kLonger = 1.5;    // Times the reference: more than R0 spreads by chance.
  static constexpr double kSurplus = 0.1;   // Of what goes in: below it, a limit that still grows.
  static constexpr double kDeviations = 2;  // Of a count: by chance in one case of 40.
  // Completions that were due in a gap. By chance one gap in 20,000 is as long.
  static constexpr double kDue = 10;
  static constexpr double kApart =
      2;  // Deadlines: what was let in during a gap has come out by then.

  void Listen(double ended, double span, double deadlines, double due);

  // Sums since requests take longer, of about the last two deadlines.
  struct Queueing {
    bool begun = false;
    double completed = 0, admitted = 0, span = 0;
    double rate = 0, least = 1e9;  // Completions per second, smoothed; the least of it.

    // Throughput has risen from its least, by a mean over `over` seconds: nothing is full.
    bool Rises(double ended, double tick, double over);
  };

  KernelOptions options_;
  double rate_ = 0;
  double mean_over_ = 1;       // Seconds, of rate_.
  double in_flight_ = 0;       // At the tick before.
  double quick_ = 0;           // The same, over as little as is of use.
  double usual_ = 0;           // Over four deadlines.
  double since_slump_ = 0;     // Deadlines, since throughput was below departure_gap of usual_.
  double silent_ = 0;          // Seconds since something came out.
  double since_silent_ = 1e9;  // Deadlines, since nothing came out before that.
  bool first_ = false;         // It is some time since then.
  double due_ = 0;             // Per second, while all was well.
  Queueing queueing_;
  bool full_ = false;
  double answerable_ = 0;
};

}  // namespace loadline::control
