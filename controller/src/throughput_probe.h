// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "law_limits.h"
#include "loadline/control/kernel_options.h"
#include "outflow.h"
#include "window_fold.h"

namespace loadline::control {

// Judges a dependency that we may be saturating: its queue looks like a slow answer, so nothing but
// throughput tells. Once per epoch: does throughput follow the limit?
//
//     up    try 30 % more; throughput follows: keep it and try again, or leave if R0 did not rise,
//           neither above the anchor nor with the limit
//     down  try 25 % less; throughput stays: keep it and go on; else up by 20 %: throughput follows
//           all the way, and it was not full; else hold
//     hold  six epochs, then up by 20 %
//
// What a limit does to throughput shows a residence after the requests in flight have followed it:
// an epoch begins then.
//
// The reference throughput is an anchor that falls by at most 1 % per step: a chain of tolerated
// losses must not ratchet the limit down. In any phase, throughput half as high again as the
// reference means that the dependency recovered.
class ThroughputProbe {
 public:
  enum class Phase : std::uint8_t { kOff, kUp, kDown, kHold };

  struct Input {
    double own = 0;
    double no_load = 0;  // R0, smoothed.
    double anchor = 0;   // Ra times its slack: R0 above it has risen.
    bool grew = false;
  };

  explicit ThroughputProbe(const KernelOptions& options) : options_(options) {}

  Phase phase() const { return phase_; }
  // A dependency is held to be full: it is tried with less, or was and keeps that.
  bool full() const { return full_; }
  bool no_growth() const { return no_growth_; }

  // A recovered dependency ends the probe: true if throughput shows one.
  bool Recovered(const Outflow& outflow, Limits& limits);

  // Adds a window; judges when it ends an epoch. True if throughput rose with the limit and R0 did
  // not: however long it takes, it does so by itself.
  bool Add(const Observed& seen, const Input& input, Limits& limits);

  // Too much is in flight to be answered in time: start from `cap`, downward. Does nothing once an
  // epoch of less has shown what less does.
  void StartDown(double cap, double rate, Limits& limits);

  void Stop(Limits& limits);

 private:
  struct Epoch {
    double span = 0, n = 0, residence = 0, own_time = 0;
    int windows = 0, rejecting = 0;
    bool grew = false;
    double lim_first = 0;
  };
  struct Point {  // What an epoch measured.
    double lim = 1, rate = 0, residence = 0;
  };
  void Try(Phase phase, double limit, Limits& limits);
  bool Settling(const Observed& seen, double lim);
  bool Judge(const Input& input, Limits& limits);
  bool Follows(double rate, double lim) const;
  bool Up(const Point& now, const Input& input, Limits& limits);
  void Down(const Point& now, Limits& limits);
  void Hold(Limits& limits);

  KernelOptions options_;
  Phase phase_ = Phase::kOff;
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
