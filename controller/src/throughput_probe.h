// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "law_limits.h"
#include "window_fold.h"

namespace loadline::control {

// Judges a dependency that we may be saturating: its queue looks like a slow answer, so nothing but
// throughput tells. Once per epoch: does throughput follow the limit?
//
//     up    try 30 % more; throughput follows: keep it and try again, or leave if R0 did not rise
//     down  try 25 % less; throughput stays: keep it and go on; else go back and hold
//     hold  six epochs, then up by 20 %
//
// The reference throughput is an anchor that falls by at most 1 % per step: a chain of tolerated
// losses must not ratchet the limit down. In any phase, throughput half as high again as the
// reference means that the dependency recovered.
class ThroughputProbe {
 public:
  struct Options {
    double up = 1.3;
    double down = 0.75;
    double hold = 6;        // Epochs.
    double own_max = 0.08;  // Above it our own queues rule, not the dependency.
    double limit_max = 1000;
  };
  enum class Phase : std::uint8_t { kOff, kUp, kDown, kHold };

  struct Input {
    double own = 0;
    double no_load = 0;  // R0, smoothed.
    double anchor = 0;   // Ra times its slack: R0 above it has risen.
    bool grew = false;
  };

  explicit ThroughputProbe(const Options& options) : options_(options) {}

  Phase phase() const { return phase_; }
  bool no_growth() const { return no_growth_; }

  // A recovered dependency ends the probe: true if this window shows one.
  bool Recovered(const Observed& seen, Limits& limits);

  // Adds a window; judges when it ends an epoch.
  void Add(const Observed& seen, const Input& input, Limits& limits);

  // Almost nothing is in time: start from `cap`, downward.
  void StartDown(double cap, double rate, Limits& limits);

  void Stop(Limits& limits);

 private:
  struct Epoch {
    double span = 0, n = 0, residence = 0, own_time = 0;
    int windows = 0, rejecting = 0;
    bool grew = false;
    double lim_first = 0;
  };
  void Judge(const Input& input, Limits& limits);
  void Down(double rate, Limits& limits);
  void TryUp(double dependency, Limits& limits);

  Options options_;
  Phase phase_ = Phase::kOff;
  Epoch epoch_;
  double current_ = 0;    // cur: the limit last known to be good.
  double reference_ = 0;  // Xa.
  double rate_before_ = 0;
  double left_ = 0;
  int quiet_ = 0;  // Windows without a rejection.
  bool no_growth_ = false;
};

}  // namespace loadline::control
