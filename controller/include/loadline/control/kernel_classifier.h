// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "loadline/clock.h"
#include "loadline/control/class_memory.h"
#include "loadline/control/wait_baseline.h"
#include "loadline/signal.h"

namespace loadline::control {

// What is known of a pool whose process tells nothing of its requests, in one window.
struct KernelWindow {
  Signal signal;    // taken_at is the time of the window.
  double cpus = 1;  // C: by affinity and quota.
  // Seconds of waiting per second, for all peers and for the one that most wait for.
  double peers_wait = 0;
  double peer_wait = 0;
  // Of the threads that wait now and are not idle, those on one condition, where that is a
  // hand-off.
  double condition_share = 0;
  int event_loops = 0;    // Threads that live in poll.
  double loops_kept = 0;  // Seconds per second that they were kept from it.
  bool sampled = false;   // Reasons are sampled: less to go by.
};

// A figure that decided, beside what it was compared with.
struct Figure {
  std::string_view name;
  double value = 0;
  double bound = 0;
  bool below = false;  // The rule wants it below the bound; else above.

  friend bool operator==(const Figure&, const Figure&) = default;
};

struct Diagnosis {
  static constexpr std::size_t kFiguresMax = 4;

  Verdict verdict;
  std::array<Figure, kFiguresMax> figures{};  // Of the last window in which the rule held.
  std::size_t figure_count = 0;

  std::span<const Figure> Figures() const { return {figures.data(), figure_count}; }
  friend bool operator==(const Diagnosis&, const Diagnosis&) = default;
};

// Names the bottleneck of a pool by what the kernel alone tells. Same names, precedence and
// steadiness as Classifier, with less to go by: confidence is at most 0.8, and 0.6 where reasons
// are sampled.
//
//     throttled           quota wait > 5 % of CPU time
//     neighbour           f < 0.9, and not throttled
//     own_cpu             N_q > 1.2 sqrt(active), and CPU used > 0.9 C f
//     event_loop_blocked  a loop was kept from its poll for 50 ms per second
//     lock                N_l > Q*, or lock wait > CPU time; and CPU used < 0.9 C f
//     disk, memory        more than half of the waiting
//     dep_slow            one peer is more than half of the waiting, and the pool waits for its
//                         peers 1.5 times as long as 30 s to 30 min ago (WaitBaseline)
//     handoff             one condition is more than half of the waiting, and those that are not on
//                         it wait elsewhere, more than they run
//     threads             active > 2 (K + Q*), or switches cost > 3 % of the CPUs
//     oversized           five threads or more, for five minutes 80 % of them idle, and some work
//     idle                less than a twentieth of a thread is active
//
// with K = C f (1 + waiting / CPU time), Q* = 1.2 sqrt(K); "active" are threads that run, are
// queued or wait, "waiting" excludes idleness, polls, sleeps, children, signals and stops.
// A futex that may be a lock or a condition (`sync`) is never taken for a lock: idle workers of a
// Java pool look like that. What disturbs less than a fiftieth of a thread, or a tenth by waiting,
// is no bottleneck. An event loop that is stuck comes before what it is stuck in.
//
//     KernelClassifier classifier;
//     const Diagnosis& now = classifier.Add({.signal = signal, .cpus = 4});  // Once per reading.
//
// Any input is survived: what is negative or no number counts as zero. A window without a span
// changes nothing. Thread safety: none. Allocates nothing; about 900 bytes.
class KernelClassifier {
 public:
  KernelClassifier();

  const Diagnosis& Add(const KernelWindow& window);

  const Diagnosis& diagnosis() const { return diagnosis_; }

 private:
  struct Measured;
  Measured Measure(const KernelWindow& window);
  bool Holds(Bottleneck bottleneck, const Measured& m) const;
  void Explain(Bottleneck bottleneck, const Measured& m);

  ClassMemory memory_;
  WaitBaseline baseline_;
  Diagnosis diagnosis_;
  double cpu_share_ = 1;             // f, smoothed.
  Clock::Time mostly_idle_since_{};  // Or now, where they are not.
  bool mostly_idle_ = false;
};

}  // namespace loadline::control
