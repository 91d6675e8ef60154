// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "rules/observation.h"
#include "rules/proposal.h"
#include "rules/rule_row.h"
#include "rules/standing.h"

namespace loadline::control {

// Judges a dependency that we may be saturating: its queue looks like a slow answer, so nothing but
// throughput tells. Once per epoch: does throughput follow the limit?
//
//     up    try 30 % more; throughput follows: keep it and try again, or leave if R0 did not rise,
//           neither above the reference nor with the limit
//     down  try 25 % less; throughput stays: keep it and go on; else up by 20 %: throughput follows
//           all the way, and it was not full; else hold
//     hold  six epochs, then up by 20 %
//
// What a limit does to throughput shows a residence after the requests in flight have followed it:
// an epoch begins then.
//
// The throughput to compare with falls by at most 1 % per step: a chain of tolerated losses must
// not ratchet the limit down.
class ThroughputProbe {
 public:
  static constexpr RuleRow kRow{
      .name = "throughput_probe",
      .when = "the limit binds without a queue of our own, or a rule above suspects a dependency",
      .does =
          "does throughput follow the limit, a residence later? If not, a dependency is full: "
          "go down to where throughput falls by 5 %"};

  explicit ThroughputProbe(const KernelOptions& options) : options_(options) {}

  // Adds a window; judges when it ends an epoch. The residence is our own if throughput rose with
  // the limit and R0 did not: however long it takes, it does so by itself.
  Proposal OnWindow(const Observation& now, const Observed& window, const Standing& standing);

  // Too much is in flight to be answered in time: start from there, downward. Does nothing once an
  // epoch of less has shown what less does.
  Proposal Suspect(const Suspicion& suspicion, const Standing& standing);

  // The dependency is not full.
  Proposal Stop();

  void Tell(Standing& standing) const;

 private:
  static constexpr double kOverFull = 1.2;    // Upward from a limit that fills the dependency.
  static constexpr double kUpFollowed = 0.9;  // Of the new limit, in flight: N has followed it up,
  static constexpr double kDownFollowed = 1.1;  // or down.
  static constexpr double kPatience = 2;        // Residences to wait for N: demand may not suffice.
  static constexpr int kQuietWindows = 10;      // Without a rejection: another load.
  static constexpr double kEpochLeast = 0.4;    // Seconds: four ticks.
  // Without a probe, residences per epoch: at least so many within a deadline, at most so many.
  static constexpr double kEpochResidences = 2;
  static constexpr double kEpochResidencesMost = 4;
  static constexpr double kFollows =
      0.4;  // Between the gain of a full dependency and that of a free one.
  static constexpr double kAsLong =
      1.1;  // Times the residence before: R0 did not rise with the limit.
  static constexpr double kLoss = 0.95;    // Of the throughput: what a smaller limit may cost.
  static constexpr double kForget = 0.99;  // Of the throughput to compare with, per step.
  static constexpr double kGrown = 1.2;    // Times the limit of the epoch's first window.
  static constexpr double kGained = 1.1;   // Times the throughput of the epoch before.

  struct Epoch {
    double span = 0, n = 0, residence = 0, own_time = 0;
    int windows = 0, rejecting = 0;
    bool grew = false;
    double lim_first = 0;
  };
  struct Point {  // What an epoch measured.
    double lim = 1, rate = 0, residence = 0;
  };
  Proposal Try(ProbePhase phase, double limit, const Standing& standing);
  bool Settling(const Observed& window, double lim);
  Proposal Judge(const Observation& now, const Standing& standing);
  bool Follows(double rate, double lim) const;
  Proposal Up(const Point& point, const Observation& now, const Standing& standing);
  Proposal Down(const Point& point, const Standing& standing);
  Proposal Hold(const Standing& standing);

  KernelOptions options_;
  ProbePhase phase_ = ProbePhase::kOff;
  Epoch epoch_;
  double current_ = 0;       // cur: the limit last known to be good.
  double reference_ = 0;     // Xa.
  Point before_;             // Of the epoch before.
  bool tried_down_ = false;  // With less throughput.
  bool full_ = false;
  bool judged_ = false;              // The newest epoch was one of less.
  double waited_ = 0, settled_ = 0;  // Seconds, since the limit moved and since N followed.
  double rate_before_ = 0;
  double left_ = 0;
  int quiet_ = 0;  // Windows without a rejection.
  bool no_growth_ = false;
};

}  // namespace loadline::control
