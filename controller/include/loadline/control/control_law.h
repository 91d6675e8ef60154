// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "loadline/clock.h"
#include "loadline/control/bottleneck.h"
#include "loadline/signal.h"

namespace loadline::control {

// Why the limit is what it is. A metric label: every change explains itself.
enum class Reason : std::uint8_t {
  kWarmup,      // Too little was seen to judge by.
  kHealthy,     // No queue of our own, and the limit is in use: room to grow.
  kAppLimited,  // The limit was not the bottleneck: nothing was learned, so hold.
  kOwnCpu,      // Requests queue for our own CPU time.
  kNeighbour,   // The CPU belongs to somebody else for now.
  kThrottled,   // The quota of our cgroup.
  kLock,        // Requests queue for a lock.
  kDependency,  // Throughput does not follow the limit: a dependency is full.
  kProbe,       // Trying whether throughput follows the limit.
  kLate,        // Almost nothing meets its deadline.
  kDeadline,    // More would not meet its deadline.
  kPriority,    // Room was kept for more important work.
  kCap,         // The configured bound.
  kStale,       // No fresh kernel signal.
  kSlow,        // Latency is above what was asked for (aimd).
  kDropped,     // Work was dropped downstream (aimd).
  kFixed,       // Configured so.
};

inline constexpr std::array<std::string_view, 17> kReasonNames = {
    "warmup", "healthy", "app_limited", "own_cpu", "neighbour", "throttled",
    "lock",   "dep",     "probe",       "late",    "deadline",  "prio",
    "cap",    "stale",   "slow",        "dropped", "fixed",
};

constexpr std::string_view Name(Reason reason) noexcept {
  return kReasonNames[static_cast<std::size_t>(reason)];
}

// What a limiter saw between two ticks, and what the kernel counted meanwhile.
//
// Only completions that succeeded enter latency: an error, a refusal or a cancelled request says
// nothing about how long work takes. A timeout enters as `dropped` and as `late`.
struct Window {
  Clock::Time now;             // End of the window.
  Clock::Duration span{};      // Since the tick before; > 0.
  Clock::Duration deadline{};  // What a request may take; > 0.

  std::int64_t arrivals = 0;  // Offered: admitted + rejected (or would have been, in shadow).
  std::int64_t rejected = 0;
  std::int64_t completed = 0;     // Succeeded. The count behind latency_sum.
  std::int64_t late = 0;          // Of completed and dropped: those that took longer than deadline.
  std::int64_t dropped = 0;       // Timed out, or refused further downstream.
  Clock::Duration latency_sum{};  // From admission to Finish, of `completed`.

  int in_flight = 0;      // Now.
  int in_flight_max = 0;  // In the window.
  int queued = 0;         // Waiting in front of the limit, now.
  int pending_late = 0;   // Of in_flight: admitted longer than `deadline` ago.

  // Of the pool that runs the requests; nullopt: none younger than a second. The counters are
  // spread over `signal_requests`, since several limiters may share a pool.
  std::optional<Signal> signal;
  std::int64_t signal_requests = 0;
  double cpus = 1;  // That the process may use: affinity and quota, never the host's.
};

struct Decision {
  double limit = 1;  // Requests that may be in flight. Real: laws add fractions.
  Reason reason = Reason::kWarmup;
  Bottleneck bottleneck = Bottleneck::kHealthy;
  Bottleneck modifier = Bottleneck::kHealthy;  // kThrottled or kNeighbour, beside another class.

  friend bool operator==(const Decision&, const Decision&) = default;
};

// A figure that a rule went by.
struct RuleEvidence {
  std::string_view name;
  double value = 0;
};

// The rule that made a limit what it is. Its name is empty for laws without rules, and until a rule
// has moved the limit from where it began.
struct Binding {
  std::string_view rule;
  Reason reason = Reason::kWarmup;
  RuleEvidence evidence{};
  double floor = 0;  // What the rule asked for, and when it did: a limit rests between two moves.
  double ceiling = 0;
};

// What a law knows beside its decision, for records, plots and the burst queue. Seconds; 0 where a
// law does not measure it.
struct LawState {
  double residence = 0;         // R: from admission to completion, smoothed.
  double no_load = 0;           // R0: the part that is not our own queue, smoothed.
  double own = 0;               // 1 - R0 / R, of the last window.
  double cpu_share = 1;         // f: of the CPU time wanted, what we got.
  double rate = 0;              // X: completions per second, of the last window.
  double limit_own = 0;         // L, by our own queues.
  double limit_dependency = 0;  // L_d, by the throughput probe; 0: off.
  std::string_view phase;       // Of the throughput probe: "off", "up", "down", "hold"; or "hung".
  double confidence = 0;        // In Decision::bottleneck, 0 to 1.
  Binding binding{};            // Why the limit is what it is.
};

// Turns windows into a concurrency limit.
//
// A law never blocks, allocates after construction, logs, starts a thread, or reads a global. Time
// arrives inside the windows, so equal options and windows give equal decisions: any production
// trace can be replayed.
//
// Thread safety: none. The owner serializes calls.
class ControlLaw {
 public:
  virtual ~ControlLaw() = default;

  // Folds in one window, about 100 ms long. Windows come in order of `now`; any other content, NaN
  // and negative numbers included, yields a limit within the law's bounds.
  virtual Decision OnTick(const Window& window) = 0;

  // The decision in force.
  virtual Decision decision() const = 0;

  virtual LawState state() const { return {}; }

  // The name by which the law is chosen (law_factory.h): "kernel", "aimd", "fixed".
  virtual std::string_view name() const = 0;
};

}  // namespace loadline::control
