// SPDX-License-Identifier: Apache-2.0
// What the SDK costs a request: TryAcquire() and Finish() beside a semaphore and two readings of
// the clock, the least that a limiter with a latency could do; and what a lower signal step costs.
//
//     bench-gate [--json FILE]
//
// Both sides are measured in turn in one run, so a slow moment of the machine meets both; each
// figure is the least of its repetitions, but for the median of a new limit or size while
// everything is in use. Ends with 1 if the ratio alone is above 2.5, or such a median is a
// millisecond.
#include <algorithm>
#include <chrono>
#include <latch>
#include <memory>
#include <optional>
#include <semaphore>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "loadline/control/control_law.h"
#include "loadline/limiter.h"
#include "loadline/steady_clock.h"
#include "loadline/thread_pool.h"
#include "sdk/src/schedstat_source.h"
#include "tests/bench/report.h"

namespace loadline {
namespace {

// How long a repetition is and how many there are. Alone: shorter than a time slice, so that on a
// busy machine some run undisturbed. Two threads: long enough for both to run at once.
struct Plan {
  int steps;
  int repetitions;
};
constexpr Plan kAlone = {1000, 2000};
constexpr Plan kTogether = {100'000, 25};
constexpr double kRatioMax = 2.5;
constexpr double kResizeNsMax = 1e6;

volatile std::int64_t sink;  // Keeps the clock readings from being left out.

// The time of one step while `threads` threads run `steps` of them each.
template <typename Step>
double NsPerStep(int threads, int steps, Step step) {
  const auto run = [&] {
    for (int i = 0; i < steps; ++i) {
      step();
    }
  };
  const Clock::Time start = SteadyClock::Get().Now();
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) {
    others.emplace_back(run);
  }
  run();
  for (std::thread& other : others) {
    other.join();
  }
  return static_cast<double>((SteadyClock::Get().Now() - start).count()) / steps;
}

struct Pair {
  double gate_ns = 1e18;
  double semaphore_ns = 1e18;
};

Pair Compare(int threads, Plan plan) {
  auto limiter =
      Limiter::Create(
          {.name = "bench", .mode = Mode::kEnforce, .law = "fixed", .limit_initial = 1000})
          .value();
  std::counting_semaphore<1000> semaphore(1000);
  Pair pair;
  for (int i = 0; i < plan.repetitions; ++i) {
    pair.gate_ns = std::min(pair.gate_ns, NsPerStep(threads, plan.steps, [&] {
                              std::optional<Permit> permit = limiter->TryAcquire();
                              permit->Finish(Outcome::kSuccess);
                            }));
    pair.semaphore_ns = std::min(pair.semaphore_ns, NsPerStep(threads, plan.steps, [&] {
                                   semaphore.acquire();
                                   const Clock::Time began = SteadyClock::Get().Now();
                                   sink = (SteadyClock::Get().Now() - began).count();
                                   semaphore.release();
                                 }));
  }
  return pair;
}

double RefusalNs() {
  auto limiter = Limiter::Create({.name = "bench",
                                  .mode = Mode::kEnforce,
                                  .law = "fixed",
                                  .limit_min = 1,
                                  .limit_initial = 1})
                     .value();
  const std::optional<Permit> only = limiter->TryAcquire();
  double least = 1e18;
  for (int i = 0; i < kAlone.repetitions; ++i) {
    least = std::min(least,
                     NsPerStep(1, kAlone.steps, [&] { sink = limiter->TryAcquire().has_value(); }));
  }
  return least;
}

template <typename Resize>
double MedianNs(Resize resize) {
  std::vector<double> ns;
  for (int i = 0; i < 1001; ++i) {
    const Clock::Time start = SteadyClock::Get().Now();
    resize(i);
    ns.push_back(static_cast<double>((SteadyClock::Get().Now() - start).count()));
  }
  std::nth_element(ns.begin(), ns.begin() + 500, ns.end());
  return ns[500];
}

// A law that says 500 and 1,000 in turn.
class Swing final : public control::ControlLaw {
 public:
  control::Decision OnTick(const control::Window& /*window*/) override {
    decision_.limit = 1500 - decision_.limit;
    return decision_;
  }
  control::Decision decision() const override { return decision_; }
  std::string_view name() const override { return "swing"; }

 private:
  control::Decision decision_{.limit = 1000, .reason = control::Reason::kHealthy};
};

double NewLimitNs() {
  auto limiter =
      Limiter::Create({.name = "bench", .mode = Mode::kEnforce}, std::make_unique<Swing>()).value();
  std::vector<Permit> permits;
  while (std::optional<Permit> permit = limiter->TryAcquire()) {
    permits.push_back(*std::move(permit));
  }
  Clock::Time now = SteadyClock::Get().Now();
  return MedianNs(
      [&](int /*i*/) { limiter->Tick({.now = now += std::chrono::milliseconds{100}}); });
}

constexpr int kThreads = 64;

std::unique_ptr<ThreadPool> FixedPool() {
  return ThreadPool::Create({.name = "bench",
                             .sizing = Sizing::kFixed,
                             .threads_initial = kThreads,
                             .threads_max = kThreads})
      .value();
}

double NewPoolSizeNs() {
  const auto pool = FixedPool();
  std::latch busy(kThreads), resized(1);
  for (int i = 0; i < kThreads; ++i) {
    sink = static_cast<std::int64_t>(pool->Submit([&] {
      busy.count_down();
      resized.wait();
    }));
  }
  busy.wait();
  const double ns = MedianNs([&](int i) { pool->Resize(i % 2 == 0 ? kThreads / 2 : kThreads); });
  resized.count_down();
  pool->Shutdown(Drain::kFinishQueued);
  return ns;
}

// Of one reading of a pool of 64, which is what the second step of the ladder costs without agent.
double SchedstatNsPerThread() {
  const auto pool = FixedPool();
  SchedstatSource source;
  source.AddPool(*pool);
  Clock::Time now = SteadyClock::Get().Now();
  double least = 1e18;
  for (int i = 0; i < kAlone.repetitions; ++i) {
    const Clock::Time start = SteadyClock::Get().Now();
    source.Read("bench", now += std::chrono::milliseconds{100});
    const double ns = static_cast<double>((SteadyClock::Get().Now() - start).count());
    const auto threads = static_cast<double>(pool->tids().size());
    least = threads == kThreads ? std::min(least, ns / threads) : least;
  }
  return least;
}

int Main(int argc, char** argv) {
  bench::Report report(argc, argv);
  const Pair alone = Compare(1, kAlone);
  const Pair two = Compare(2, kTogether);
  report.Add("gate_ns", alone.gate_ns);
  report.Add("semaphore_and_clock_ns", alone.semaphore_ns);
  report.Add("ratio", alone.gate_ns / alone.semaphore_ns);
  report.Add("two_threads_gate_ns", two.gate_ns);
  report.Add("two_threads_semaphore_and_clock_ns", two.semaphore_ns);
  report.Add("two_threads_ratio", two.gate_ns / two.semaphore_ns);
  report.Add("refusal_ns", RefusalNs());
  report.Add("schedstat_ns_per_thread", SchedstatNsPerThread());
  report.Add("new_limit_all_permits_out_ns", NewLimitNs());
  report.Add("new_size_all_threads_busy_ns", NewPoolSizeNs());
  const int failed = report.Finish();
  const bool good = report.at("ratio") <= kRatioMax &&
                    report.at("new_limit_all_permits_out_ns") < kResizeNsMax &&
                    report.at("new_size_all_threads_busy_ns") < kResizeNsMax;
  return good ? failed : 1;
}

}  // namespace
}  // namespace loadline

int main(int argc, char** argv) { return loadline::Main(argc, argv); }
