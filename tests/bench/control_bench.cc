// SPDX-License-Identifier: Apache-2.0
// What a decision costs: each law's tick, the pool's, recording a sample, and a class of bottleneck
// from the kernel alone.
//
//     bench-control [--json FILE]
//
// Each figure is the least of nine repetitions, the one that was disturbed least. Allocations are
// counted by replacing operator new: after the first ticks there must be none.
#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstdlib>
#include <map>
#include <new>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "loadline/control/kernel_classifier.h"
#include "loadline/control/law_factory.h"
#include "loadline/control/pool_sizer.h"
#include "loadline/limiter.h"
#include "loadline/steady_clock.h"
#include "tests/bench/report.h"

namespace {

std::atomic<std::int64_t> allocations{0};

}  // namespace

void* operator new(std::size_t size) {
  allocations.fetch_add(1, std::memory_order_relaxed);
  if (void* memory = std::malloc(size)) {
    return memory;
  }
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

namespace loadline {
namespace {

using control::Window;
using std::chrono_literals::operator""ms;

double NsSince(Clock::Time start) {
  return static_cast<double>((SteadyClock::Get().Now() - start).count());
}

// Windows of a service that goes from idle to overloaded and back, so that every branch is taken.
std::vector<Window> Windows() {
  std::vector<Window> windows;
  for (int i = 0; i < 1000; ++i) {
    const int load = i % 100;
    Window w;
    w.span = 100ms;
    w.deadline = 250ms;
    w.completed = load;
    w.arrivals = 2 * load;
    w.rejected = load > 50 ? load : 0;
    w.latency_sum = (40ms + 2ms * load) * load;
    w.late = load > 90 ? load : 0;
    w.in_flight = w.in_flight_max = load;
    w.signal_requests = load;
    w.cpus = 2;
    Signal s;
    s.span = 100ms;
    s.threads = 100;
    s.counters.on_cpu = 2ms * load;
    s.counters.runq_self = load > 50 ? 2ms * load : 0ms;
    s.counters.blocked[static_cast<std::size_t>(WaitReason::kNetwork)] = 38ms * load;
    w.signal = s;
    windows.push_back(w);
  }
  return windows;
}

struct Cost {
  double ns = 1e18;
  std::int64_t allocated = 0;
};

template <typename Step>
Cost Measure(int steps, Step step) {
  Cost cost;
  for (int i = 0; i < 1000; ++i) {
    step(i);
  }
  const std::int64_t before = allocations.load();
  for (int repetition = 0; repetition < 9; ++repetition) {
    const Clock::Time start = SteadyClock::Get().Now();
    for (int i = 0; i < steps; ++i) {
      step(i);
    }
    cost.ns = std::min(cost.ns, NsSince(start) / steps);
  }
  cost.allocated = allocations.load() - before;
  return cost;
}

Cost MeasureLaw(std::string_view name) {
  std::vector<Window> windows = Windows();
  auto law = control::MakeLaw(name).value();
  Clock::Time now;
  return Measure(20'000, [&](int i) {
    Window& w = windows[static_cast<std::size_t>(i) % windows.size()];
    w.now = now += 100ms;
    w.signal->taken_at = now;
    law->OnTick(w);
  });
}

Cost MeasurePool() {
  control::PoolSizer sizer = control::PoolSizer::Create({}).value();
  const std::vector<Window> windows = Windows();
  Clock::Time now;
  return Measure(20'000, [&](int i) {
    const Window& w = windows[static_cast<std::size_t>(i) % windows.size()];
    control::PoolWindow pool;
    pool.now = now += 100ms;
    pool.span = 100ms;
    pool.threads = sizer.size().threads;
    pool.threads_active = w.in_flight;
    pool.completed = w.completed;
    pool.task_time_sum = w.latency_sum;
    pool.signal = w.signal;
    pool.cpus = 2;
    sizer.OnTick(pool);
  });
}

// With a peer that most wait for, so that the baseline is asked.
Cost MeasureKernelClassifier() {
  control::KernelClassifier classifier;
  const std::vector<Window> windows = Windows();
  Clock::Time now;
  return Measure(20'000, [&](int i) {
    const Window& w = windows[static_cast<std::size_t>(i) % windows.size()];
    control::KernelWindow window;
    window.signal = *w.signal;
    window.signal.taken_at = now += 100ms;
    window.cpus = 2;
    window.peers_wait = window.peer_wait = 0.38 * w.in_flight;
    classifier.Add(window);
  });
}

// Permit::Finish() alone, then admission and finish together: two clock readings in all.
void MeasureLimiter(std::map<std::string, Cost>& costs) {
  LimiterOptions options;
  options.name = "bench";
  options.limit_max = 100'000;
  options.mode = Mode::kShadow;
  auto limiter = Limiter::Create(options).value();
  Cost& record = costs["record_ns_per_sample"];
  std::vector<Permit> permits;
  permits.reserve(1000);
  for (int repetition = 0; repetition < 200; ++repetition) {
    while (permits.size() < 1000) {
      permits.push_back(std::move(*limiter->TryAcquire()));
    }
    const std::int64_t before = allocations.load();
    const Clock::Time start = SteadyClock::Get().Now();
    for (Permit& permit : permits) {
      permit.Finish(Outcome::kSuccess);
    }
    record.ns = std::min(record.ns, NsSince(start) / 1000);
    record.allocated += allocations.load() - before;
    permits.clear();
  }
  costs["admit_and_record_ns"] = Measure(200'000, [&](int) {
    std::optional<Permit> permit = limiter->TryAcquire();
    permit->Finish(Outcome::kSuccess);
  });
}

int Main(int argc, char** argv) {
  bench::Report report(argc, argv);
  std::map<std::string, Cost> costs;
  for (const std::string_view name : control::LawNames()) {
    costs[std::string(name) + "_ns_per_tick"] = MeasureLaw(name);
  }
  costs["pool_ns_per_tick"] = MeasurePool();
  costs["kernel_classifier_ns_per_window"] = MeasureKernelClassifier();
  MeasureLimiter(costs);

  std::int64_t allocated = 0;
  for (const auto& [name, cost] : costs) {
    report.Add(name, cost.ns, std::to_string(cost.allocated) + " allocations");
    allocated += cost.allocated;
  }
  report.Add("allocations_after_start", static_cast<double>(allocated));
  const int failed = report.Finish();
  return allocated == 0 ? failed : 1;
}

}  // namespace
}  // namespace loadline

int main(int argc, char** argv) { return loadline::Main(argc, argv); }
