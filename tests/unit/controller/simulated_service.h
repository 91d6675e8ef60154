// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <queue>
#include <vector>

#include "loadline/control/control_law.h"
#include "loadline/random.h"

namespace loadline::testing {

// A service in simulated time: Poisson arrivals, a limit, a CPU with one queue, then a dependency
// that answers after `dependency`. Steps of one millisecond, ticks of 100; the same seed gives the
// same run. Small on purpose: it is to show a law's manners, not to score it.
class SimulatedService {
 public:
  double arrivals_per_s = 100;
  double cpus = 2;
  double service_s = 0.001;    // CPU time of a request.
  double dependency_s = 0.05;  // As of the moment in which the dependency is called.
  double deadline_s = 0.25;
  double stolen = 0;  // Part of the CPUs that a neighbour holds.
  bool signal = true;

  struct Seen {
    int offered = 0, good = 0, rejected = 0, in_flight_max = 0;
    double limit_min = 1e9, limit_max = 0;
    double GoodShare() const { return offered > 0 ? static_cast<double>(good) / offered : 1; }
  };

  // Offers load for `seconds`; counts what arrived in that time.
  Seen Run(control::ControlLaw& law, double seconds) {
    seen_ = {};
    for (int ms = 0; ms < static_cast<int>(seconds * 1000); ++ms) {
      Millisecond(law);
      if (++now_ms_ % 100 == 0) {
        Tick(law);
      }
    }
    return seen_;
  }

  double now_s() const { return static_cast<double>(now_ms_) / 1000; }

 private:
  struct Request {
    std::int64_t began_ms;
    double cpu_left_s;
  };
  struct Waiting {
    std::int64_t ends_ms;
    std::int64_t began_ms;
    friend bool operator>(const Waiting& a, const Waiting& b) { return a.ends_ms > b.ends_ms; }
  };

  int InFlight() const { return static_cast<int>(running_.size() + waiting_.size()); }

  void Millisecond(control::ControlLaw& law) {
    // Bernoulli trials per tenth of a millisecond come close to Poisson, without a logarithm.
    for (int i = 0; i < 10; ++i) {
      if (random_.Uniform() * 1e4 < arrivals_per_s) {
        Arrive(law.decision().limit);
      }
    }
    double cpu = cpus * (1 - stolen) * 0.001;
    window_.signal_cpu += std::min(cpu, Backlog());
    const double queued = std::max(0.0, static_cast<double>(running_.size()) - cpus * (1 - stolen));
    window_.signal_self += (1 - stolen) * queued * 0.001;
    window_.signal_other += stolen * queued * 0.001;
    while (cpu > 0 && !running_.empty()) {
      const double used = std::min(cpu, running_.front().cpu_left_s);
      running_.front().cpu_left_s -= used;
      cpu -= used;
      if (running_.front().cpu_left_s <= 1e-12) {
        waiting_.push(
            {now_ms_ + static_cast<std::int64_t>(dependency_s * 1000), running_.front().began_ms});
        running_.pop_front();
      }
    }
    window_.signal_network += static_cast<double>(waiting_.size()) * 0.001;
    while (!waiting_.empty() && waiting_.top().ends_ms <= now_ms_) {
      Finish(waiting_.top().began_ms);
      waiting_.pop();
    }
  }

  double Backlog() const {
    double sum = 0;
    for (const Request& r : running_) {
      sum += r.cpu_left_s;
    }
    return sum;
  }

  void Arrive(double limit) {
    ++window_.w.arrivals;
    ++seen_.offered;
    if (InFlight() >= static_cast<int>(limit)) {
      ++window_.w.rejected;
      ++seen_.rejected;
      return;
    }
    running_.push_back({now_ms_, service_s});
    window_.w.in_flight_max = std::max(window_.w.in_flight_max, InFlight());
    seen_.in_flight_max = std::max(seen_.in_flight_max, InFlight());
  }

  void Finish(std::int64_t began_ms) {
    const std::int64_t took = now_ms_ - began_ms;
    ++window_.w.completed;
    window_.w.latency_sum += std::chrono::milliseconds(took);
    const bool late = static_cast<double>(took) > deadline_s * 1000;
    window_.w.late += late ? 1 : 0;
    seen_.good += late ? 0 : 1;
  }

  void Tick(control::ControlLaw& law) {
    control::Window& w = window_.w;
    w.now = Clock::Time{std::chrono::milliseconds(now_ms_)};
    w.span = std::chrono::milliseconds(100);
    w.deadline = Ns(deadline_s);
    w.in_flight = InFlight();
    w.cpus = cpus;
    w.signal_requests = w.completed;
    const auto late_before = now_ms_ - static_cast<std::int64_t>(deadline_s * 1000);
    auto copy = waiting_;
    for (; !copy.empty(); copy.pop()) {
      w.pending_late += copy.top().began_ms < late_before ? 1 : 0;
    }
    for (const Request& r : running_) {
      w.pending_late += r.began_ms < late_before ? 1 : 0;
    }
    if (signal) {
      Signal s{.taken_at = w.now,
               .span = w.span,
               .threads = 256,
               .counters = {},
               .step = SignalStep::kLedger};
      s.counters.on_cpu = Ns(window_.signal_cpu);
      s.counters.runq_self = Ns(window_.signal_self);
      s.counters.runq_neighbour = Ns(window_.signal_other);
      s.counters.blocked[static_cast<std::size_t>(WaitReason::kNetwork)] =
          Ns(window_.signal_network);
      w.signal = s;
    }
    const double limit = law.OnTick(w).limit;
    seen_.limit_min = std::min(seen_.limit_min, limit);
    seen_.limit_max = std::max(seen_.limit_max, limit);
    window_ = {};
  }

  static Clock::Duration Ns(double seconds) {
    return Clock::Duration{static_cast<std::int64_t>(seconds * 1e9)};
  }

  struct {
    control::Window w;
    double signal_cpu = 0, signal_self = 0, signal_other = 0, signal_network = 0;
  } window_;
  Seen seen_;
  Random random_{1};
  std::int64_t now_ms_ = 0;
  std::deque<Request> running_;
  std::priority_queue<Waiting, std::vector<Waiting>, std::greater<>> waiting_;
};

}  // namespace loadline::testing
