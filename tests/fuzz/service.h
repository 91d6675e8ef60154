// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>

#include "bytes.h"
#include "loadline/control/control_law.h"

namespace loadline::fuzz {

// A service as a formula: R = max(R0, N / capacity). Its windows are what a law expects; a fuzzer
// then spoils them.
struct Service {
  double cpus = 2;
  double cpu_s = 0.002;
  double wait_s = 0.038;
  double deadline_s = 0.25;
  double arrivals_per_s = 500;
  double share = 1;      // f: the rest of the CPUs has a neighbour.
  double servers = 1e9;  // Of the dependency.
  bool signal = true;
  Clock::Time now{std::chrono::hours{1}};

  double Knee() const { return Capacity() * (cpu_s + wait_s); }
  double Capacity() const { return std::min(cpus * share / cpu_s, servers / wait_s); }

  void Change(Bytes& bytes) {
    switch (bytes.Below(8)) {
      case 0:
        cpus = bytes.Between(0.1, 64);
        break;
      case 1:
        cpu_s = bytes.Between(1e-4, 0.1);
        break;
      case 2:
        wait_s = bytes.Between(1e-4, 8);
        break;
      case 3:
        deadline_s = bytes.Between(1e-3, 5);
        break;
      case 4:
        share = bytes.Between(0.05, 1);
        break;
      case 5:
        servers = bytes.Flag() ? 1e9 : bytes.Between(0.1, 200);
        break;
      case 6:
        signal = bytes.Flag();
        break;
      default:
        arrivals_per_s = bytes.Flag() ? bytes.Between(0, 50) : bytes.Between(0, 20000);
        break;
    }
  }

  // The next tick of 100 ms under `limit`.
  control::Window Next(double limit) {
    constexpr double kTick = 0.1;
    const double base = cpu_s + wait_s;
    const bool full = arrivals_per_s * base > limit || arrivals_per_s > Capacity();
    const double in_flight = full ? limit : arrivals_per_s * base;
    const double residence = std::max(base, in_flight / Capacity());
    const double rate = std::min({arrivals_per_s, Capacity(), in_flight / residence});
    control::Window w;
    w.now = now += std::chrono::milliseconds{100};
    w.span = std::chrono::milliseconds{100};
    w.deadline = Nanoseconds(deadline_s);
    // The fraction that no window holds comes with a later one.
    owed_ += rate * kTick;
    w.completed = static_cast<std::int64_t>(owed_);
    owed_ -= static_cast<double>(w.completed);
    offered_ += arrivals_per_s * kTick;
    w.arrivals = static_cast<std::int64_t>(offered_);
    offered_ -= static_cast<double>(w.arrivals);
    w.rejected = std::max<std::int64_t>(0, w.arrivals - w.completed);
    w.rejected = full ? w.rejected : 0;
    w.late = residence > deadline_s ? w.completed : 0;
    w.latency_sum = Nanoseconds(residence * static_cast<double>(w.completed));
    w.in_flight = w.in_flight_max = static_cast<int>(std::min(in_flight, 1e6));
    w.pending_late = residence > deadline_s ? w.in_flight : 0;
    w.signal_requests = w.completed;
    w.cpus = cpus;
    if (signal) {
      Signal s;
      s.taken_at = now;
      s.span = w.span;
      s.threads = w.in_flight;
      const double done = static_cast<double>(w.completed);
      const double own = std::max(0.0, residence - base) * done;
      s.counters.on_cpu = Nanoseconds(cpu_s * done);
      s.counters.runq_self = Nanoseconds(own * share);
      s.counters.runq_neighbour = Nanoseconds(own * (1 - share));
      s.counters.blocked[static_cast<std::size_t>(WaitReason::kNetwork)] =
          Nanoseconds(wait_s * done);
      w.signal = s;
    }
    return w;
  }

 private:
  static Clock::Duration Nanoseconds(double seconds) {
    return Clock::Duration{static_cast<std::int64_t>(std::min(seconds, 1e9) * 1e9)};
  }

  double owed_ = 0, offered_ = 0;
};

// Any signal, from sane to impossible.
inline std::optional<Signal> AnySignal(Bytes& bytes) {
  if (bytes.Below(4) == 0) {
    return std::nullopt;
  }
  Signal s;
  s.taken_at = Clock::Time{bytes.Duration()};
  s.span = bytes.Duration();
  s.threads = bytes.Small();
  for (Clock::Duration* each :
       {&s.counters.on_cpu, &s.counters.runq_self, &s.counters.runq_neighbour,
        &s.counters.runq_throttled, &s.counters.runq_unattributed}) {
    *each = bytes.Duration();
  }
  for (int i = static_cast<int>(bytes.Below(4)); i > 0; --i) {
    s.counters.blocked[bytes.Below(kWaitReasonCount)] = bytes.Duration();
  }
  s.counters.switches_voluntary = bytes.Integer();
  s.counters.switches_involuntary = bytes.Integer();
  s.step = static_cast<SignalStep>(bytes.Below(4));
  return s;
}

}  // namespace loadline::fuzz
