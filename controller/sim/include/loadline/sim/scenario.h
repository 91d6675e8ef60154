// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "loadline/control/bottleneck.h"
#include "loadline/sim/distribution.h"
#include "loadline/sim/schedule.h"
#include "loadline/sim/time.h"

// A service, its load, its troubles and what is measured of it, as data. docs/guides/simulate.md
// says what each key means to a user; here stands what each field means to the engine.
namespace loadline::sim {

// Requests of one kind. A request runs on a CPU (`cpu`), goes through the lock (`hold`), submits a
// nested task to its own pool (if Pool::nested) and waits for its dependency (`wait`).
struct RequestClass {
  Schedule share = 1;  // Of the requests; the shares of all classes are taken in proportion.
  Timeline cpu;
  Timeline hold;
  Timeline wait;
  int dependency = 0;  // Index into Scenario::dependencies.
};

struct Dependency {
  Schedule servers = 0;  // That work at once; 0: no bound. The rest queue, first come first served.
  Schedule scale = 1;    // Of the time that a call takes.
  Schedule failing = 0;  // Part of the calls that fail at once.
  Schedule hanging = 0;  // Part of the calls that never answer.
  Ns timeout = 0;        // Our own, after which a call has failed; 0: none.
};

struct Cpu {
  int cores = 2;
  Schedule speed = 1;  // Of every core; the rest goes to neighbours.
  int slow_cores = 0;  // The last ones, which run at slow_speed instead.
  Schedule slow_speed = 1;
  Schedule quota = 0;  // CPU time per 100 ms, in ns; 0: none.
  Ns stall_every = 0;  // All cores stop for stall_for, at the end of each stall_every.
  Ns stall_for = 0;
  Ns slice = 0;                     // Round robin; 0: first come first served.
  Ns switch_cost = 0;               // Per switch-in,
  Ns switch_cost_per_runnable = 0;  // and per runnable thread beyond the cores.
};

// Threads that run the requests. threads == 0: a thread for each request.
struct Pool {
  int threads = 0;
  int threads_max = 256;
  bool adaptive = false;  // control::PoolSizer chooses.
  int queue_max = 0;      // Tasks; 0: unbounded.
  bool nested = false;    // Each request submits one task to this pool and waits for it.
  Timeline nested_cpu;    // CPU time of that task.
};

struct Arrivals {
  enum class Kind : std::uint8_t {
    kPoisson,
    kConstant,
    kSquare,
    kSinus,
    kOnOff,
    kMmpp,
    kClosed,
    kTrace
  };

  Kind kind = Kind::kPoisson;
  Schedule rate = 0;    // Per second.
  int batch = 1;        // Requests that come together.
  Ns period = kSecond;  // Of square and sinus.
  Ns on = 0;            // Square: of each period; kOnOff, kMmpp: mean.
  Ns off = 0;           // kOnOff, kMmpp: mean.
  double rate_on = 0;
  double rate_off = 0;
  double alpha = 1.4;      // kOnOff: of the Pareto durations.
  double amplitude = 0.5;  // kSinus: part of the rate.
  int users = 0;           // kClosed.
  Distribution think{};
  std::vector<Ns> trace{};
};

struct Clients {
  Ns timeout = 0;  // 0: they wait for ever.
  int attempts = 1;
  Ns backoff = 50 * kMillisecond;  // Full jitter; doubles.
  double budget = 0;               // Retries per first attempt, saved up to ten; 0: no budget.
  bool heed_retry_after = false;
  bool cancel = false;  // Does the server learn that a client went away?
};

// What is wrong with the kernel's signal.
struct SignalFaults {
  struct Interval {
    Ns from = 0;
    Ns to = 0;
  };
  std::vector<Interval> lost;
  Ns delay = 0;
  double bias = 1;     // Of queue and lock waits.
  double noise = 0;    // +- per window, of the same.
  double missing = 0;  // Part of the threads that are not seen.
};

// A measured interval, and what must hold in it. Requests belong to it by their arrival.
struct Phase {
  std::string name;
  Ns from = 0;
  Ns to = 0;
  std::optional<control::Bottleneck> bottleneck;  // The one cause, where there is one.
  std::optional<control::Bottleneck> modifier;

  struct Bounds {
    std::optional<double> goodput;  // Least part of the oracle's; unset: 0.9.
    std::optional<double> p99_ms;
    std::optional<double> false_shed;
    std::optional<double> converge_s;
    std::optional<double> recover_s;
    std::optional<double> drift;       // +- of the limit, per 10 min.
    std::optional<double> in_flight;   // Most.
    std::optional<double> jain;        // Least, of tenants inside a level.
    std::optional<double> inversions;  // Most.
    std::optional<double> top_level;   // Least goodput of the first level.
    bool ungated = false;              // Goodput is reported only.
    bool like_none = false;            // Goodput: at least that of law `none`, less 0.02.
  };
  Bounds bounds;
};

struct Scenario {
  std::string name;
  std::string about;
  Ns end = 0;
  Ns deadline = 250 * kMillisecond;
  double limit_max = 1000;
  double limit_initial = 20;
  Cpu cpu;
  std::vector<RequestClass> classes;
  std::vector<Dependency> dependencies;
  Pool pool;
  Arrivals arrivals;
  Clients clients;
  std::vector<double> levels;   // Shares of priority levels, first level first; empty: one level.
  std::vector<double> tenants;  // Shares of tenants; empty: one.
  SignalFaults signals;
  bool edf_oracle = false;  // O3 instead of O1: bursts shorter than the deadline.
  std::vector<Phase> phases;
};

// kInvalidArgument names the field, its value and the rule.
absl::Status Validate(const Scenario& scenario);

inline constexpr int kPhasesMax = 16;
inline constexpr int kLevelsMax = 8;
inline constexpr int kTenantsMax = 8;

}  // namespace loadline::sim
