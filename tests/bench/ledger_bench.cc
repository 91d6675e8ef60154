// SPDX-License-Identifier: Apache-2.0
// What it costs a request to know where its time went: Begin() and End() beside two readings of the
// clock, and beside the two other ways to ask the kernel. Needs root: it brings its own probes.
//
//     bench-ledger [--json FILE]
//
// All are measured in turn in one run; each figure is the least of its repetitions. Ends with 1 if
// a breakdown costs more than twice two readings of the clock, with 77 if there are no probes.
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

#include "agent/src/kernel/bpf_source.h"
#include "loadline/steady_clock.h"
#include "loadline/testing/ledger_agent.h"
#include "loadline/wait_ledger.h"
#include "tests/bench/report.h"

namespace loadline {
namespace {

constexpr int kRepetitions = 2000;
constexpr int kSteps = 200;     // Shorter than a time slice.
constexpr int kSlowSteps = 20;  // Of what takes microseconds.
constexpr double kRatioMax = 2;

volatile std::int64_t sink;  // Keeps results from being left out.

template <typename Step>
void Measure(double& least_ns, int steps, Step step) {
  const Clock::Time start = SteadyClock::Get().Now();
  for (int i = 0; i < steps; ++i) {
    step();
  }
  const auto took = static_cast<double>((SteadyClock::Get().Now() - start).count());
  least_ns = std::min(least_ns, took / steps);
}

bool WaitUntilOpen(WaitLedger& ledger) {
  for (int tries = 0; tries < 100 && ledger.state() != LedgerState::kOpen; ++tries) {
    ledger.Poll();
    poll(nullptr, 0, 20);
  }
  return ledger.state() == LedgerState::kOpen;
}

void ReadSchedstat() {
  const int fd = open("/proc/thread-self/schedstat", O_RDONLY | O_CLOEXEC);
  std::array<char, 128> text{};
  sink = read(fd, text.data(), text.size());
  close(fd);
}

void MeasureAll(WaitLedger& ledger, int& answered, bench::Report& report) {
  double breakdown_ns = 1e18, two_clocks_ns = 1e18, getrusage_ns = 1e18, schedstat_ns = 1e18;
  for (int i = 0; i < kRepetitions; ++i) {
    Measure(breakdown_ns, kSteps, [&] {
      const WaitMark mark = ledger.Begin();
      const std::optional<WaitBreakdown> spent = ledger.End(mark);
      answered += spent.has_value();
      sink = spent ? spent->wall.count() : 0;
    });
    Measure(two_clocks_ns, kSteps, [] {
      const Clock::Time began = SteadyClock::Get().Now();
      sink = (SteadyClock::Get().Now() - began).count();
    });
    Measure(getrusage_ns, kSlowSteps, [] {
      rusage usage{};
      sink = getrusage(RUSAGE_THREAD, &usage);
    });
    Measure(schedstat_ns, kSlowSteps, ReadSchedstat);
    ledger.Poll();
  }
  report.Add("breakdown_ns", breakdown_ns);
  report.Add("two_clocks_ns", two_clocks_ns);
  report.Add("getrusage_ns", getrusage_ns);
  report.Add("schedstat_ns", schedstat_ns);
  report.Add("ratio", breakdown_ns / two_clocks_ns, "(at most " + std::to_string(kRatioMax) + ")");
}

int Main(int argc, char** argv) {
  bench::Report report(argc, argv);
  const auto source = agent::BpfSource::Create();
  if (!source.ok()) {
    std::fprintf(stderr, "%s\n", source.status().ToString().c_str());
    return 77;
  }
  const auto agent = testing::LedgerAgent::Start(*(*source)->ledgers());
  if (!agent.ok()) {
    std::fprintf(stderr, "%s\n", agent.status().ToString().c_str());
    return 1;
  }
  WaitLedger ledger({.agent_socket = (*agent)->self_socket()});
  if (!WaitUntilOpen(ledger)) {
    std::fprintf(stderr, "no ledger: %s\n", std::string(Name(ledger.state())).c_str());
    return 1;
  }
  int answered = 0;
  MeasureAll(ledger, answered, report);
  const int failed = report.Finish();
  if (answered != kRepetitions * kSteps) {
    std::fprintf(stderr, "%s: %d of %d breakdowns had no answer\n",
                 std::string(Name(ledger.state())).c_str(), kRepetitions * kSteps - answered,
                 kRepetitions * kSteps);
    return 1;
  }
  return report.at("ratio") <= kRatioMax ? failed : 1;
}

}  // namespace
}  // namespace loadline

int main(int argc, char** argv) { return loadline::Main(argc, argv); }
