// SPDX-License-Identifier: Apache-2.0
// Goal: whatever the windows hold, every law stays within its bounds, and equal windows give equal
// decisions.
// Method: random windows, a good part of them absurd: negative, huge, empty, with time that jumps.
#include <gtest/gtest.h>

#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <limits>
#include <random>

#include "loadline/control/law_factory.h"
#include "loadline/control/pool_sizer.h"

namespace loadline::control {
namespace {

class Absurd {
 public:
  explicit Absurd(unsigned seed) : random_(seed) {}

  std::int64_t Integer() {
    switch (random_() % 8) {
      case 0:
        return 0;
      case 1:
        return -static_cast<std::int64_t>(random_() % 1000);
      case 2:
        return std::numeric_limits<std::int64_t>::max();
      case 3:
        return std::numeric_limits<std::int64_t>::min();
      default:
        return static_cast<std::int64_t>(random_() % 1000);
    }
  }
  int Small() { return static_cast<int>(Integer() % 2'000'000'000); }
  Clock::Duration Duration() {
    const std::int64_t n = Integer();
    const bool ms = random_() % 2 != 0 && std::abs(n / 2) < 1'000'000;
    return Clock::Duration{ms ? n * 1'000'000 : n};
  }
  double Real() {
    switch (random_() % 6) {
      case 0:
        return std::nan("");
      case 1:
        return -1;
      case 2:
        return std::numeric_limits<double>::infinity();
      case 3:
        return 0;
      default:
        return static_cast<double>(random_() % 64);
    }
  }
  std::optional<Signal> MaybeSignal() {
    if (random_() % 3 == 0) {
      return std::nullopt;
    }
    Signal s;
    s.taken_at = Clock::Time{Duration()};
    s.span = Duration();
    s.threads = Small();
    s.counters.on_cpu = Duration();
    s.counters.runq_self = Duration();
    s.counters.runq_neighbour = Duration();
    s.counters.runq_throttled = Duration();
    s.counters.runq_unattributed = Duration();
    for (auto& blocked : s.counters.blocked) {
      blocked = Clock::Duration{static_cast<std::int64_t>(random_() % 1'000'000'000) - 1000};
    }
    s.counters.switches_voluntary = Integer();
    s.step = static_cast<SignalStep>(random_() % 4);
    return s;
  }
  Window AWindow() {
    Window w;
    now_ += Clock::Duration{100'000'000};
    w.now = Clock::Time{random_() % 10 == 0 ? Duration() : now_};
    w.span = random_() % 4 ? Clock::Duration{100'000'000} : Duration();
    w.deadline = Duration();
    w.arrivals = Integer();
    w.rejected = Integer();
    w.completed = Integer();
    w.late = Integer();
    w.dropped = Integer();
    w.latency_sum = Duration();
    w.in_flight = Small();
    w.in_flight_max = Small();
    w.queued = Small();
    w.pending_late = Small();
    w.signal = MaybeSignal();
    w.signal_requests = Integer();
    w.cpus = Real();
    return w;
  }
  PoolWindow APoolWindow() {
    PoolWindow w;
    w.now = Clock::Time{Duration()};
    w.span = random_() % 4 ? Clock::Duration{100'000'000} : Duration();
    w.threads = Small();
    w.threads_active = Small();
    w.threads_active_max = Small();
    w.queued = Small();
    w.completed = Integer();
    w.queue_wait_max = Duration();
    w.task_time_sum = Duration();
    w.signal = MaybeSignal();
    w.cpus = Real();
    w.limit = Small();
    w.limit_binds = random_() % 2 != 0;
    return w;
  }

 private:
  std::mt19937 random_;
  Clock::Duration now_{};
};

// The bounds that a law must keep: those it was given, or the limit of `fixed`.
std::pair<double, double> Bounds(std::string_view name) {
  if (name == "fixed") {
    return {48, 48};
  }
  std::pair<double, double> bounds{1, 1e9};  // "none" has no others.
  for (const OptionInfo& option : LawOptions(name)) {
    bounds.first = option.name == "limit_min" ? option.initial : bounds.first;
    bounds.second = option.name == "limit_max" ? option.initial : bounds.second;
  }
  return bounds;
}

TEST(LawBoundsTest, NoWindowMovesALawOutOfItsBounds) {
  for (const std::string_view name : LawNames()) {
    const auto [min, max] = Bounds(name);
    for (unsigned seed = 0; seed < 50; ++seed) {
      const auto law = MakeLaw(name).value();
      Absurd absurd(seed);
      for (int i = 0; i < 400; ++i) {
        const double limit = law->OnTick(absurd.AWindow()).limit;
        ASSERT_TRUE(limit >= min && limit <= max) << name << " seed " << seed << ": " << limit;
      }
    }
  }
}

TEST(LawBoundsTest, EqualWindowsGiveEqualDecisions) {
  for (const std::string_view name : LawNames()) {
    const auto a = MakeLaw(name).value();
    const auto b = MakeLaw(name).value();
    Absurd left(7);
    Absurd right(7);
    for (int i = 0; i < 2000; ++i) {
      ASSERT_EQ(a->OnTick(left.AWindow()), b->OnTick(right.AWindow())) << name;
    }
  }
}

TEST(LawBoundsTest, NoWindowMovesAPoolOutOfItsBounds) {
  for (unsigned seed = 0; seed < 50; ++seed) {
    PoolSizer sizer = PoolSizer::Create({.threads_min = 3, .threads_max = 77}).value();
    Absurd absurd(seed);
    for (int i = 0; i < 400; ++i) {
      const int threads = sizer.OnTick(absurd.APoolWindow()).threads;
      ASSERT_TRUE(threads >= 3 && threads <= 77) << "seed " << seed << ": " << threads;
    }
  }
}

}  // namespace
}  // namespace loadline::control
