// SPDX-License-Identifier: Apache-2.0
// What the agent does with a reading of a busy host: from the samples of 10,000 threads of 50
// processes, all of which ran since the reading before, to the view that its pages show.
//
//     bench-model [--json FILE]
//
// No kernel and no root: the readings are made up. Between two of them the caches are spoilt, as
// they are by whatever else the host does in a second. reading_us is CPU time without the source's;
// for instructions run it under `valgrind --tool=callgrind`.
#include <time.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "agent/src/daemon/history.h"
#include "agent/src/daemon/host_sampler.h"
#include "loadline/testing/fake_clock.h"
#include "loadline/testing/scripted_source.h"
#include "loadline/testing/thread_samples.h"
#include "tests/bench/report.h"

namespace loadline::bench {
namespace {

using namespace std::chrono_literals;

constexpr int kProcesses = 50;
constexpr int kThreadsEach = 200;
constexpr int kPoolsEach = 4;
constexpr int kNeighboursMax = 8000;  // The kernel's table of them has 8,192 entries.
constexpr int kReadings = 60;
constexpr pid_t kFirst = 1'000'000'000;  // Of no process that there is.

double CpuUs() {
  timespec time{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_nsec) / 1e3;
}

pid_t ProcessOf(int number) { return kFirst + number * kThreadsEach; }
std::uint32_t NumberOf(int process, int pool) {
  return 0x80000000U + static_cast<std::uint32_t>(process * kPoolsEach + pool);
}

// The threads of processes that started together stand in each other's way, by their numbers.
agent::HostReading FirstReading() {
  agent::HostReading reading;
  for (int i = 0; i < kThreadsEach; ++i) {
    for (int process = 0; process < kProcesses; ++process) {
      const int pool = i % kPoolsEach;
      const std::string name = "pool" + std::string(1, static_cast<char>('a' + pool)) + "-" +
                               std::to_string(process * kThreadsEach + i);
      agent::ThreadSample thread = testing::Waiting(
          testing::Thread(ProcessOf(process), ProcessOf(process) + i,
                          i == 0 ? "service-" + std::to_string(process % 40) : name),
          WaitReason::kSleep, 50ms);
      thread.pool_number = NumberOf(process, pool);
      reading.threads.push_back(std::move(thread));
    }
  }
  for (int i = 0; i < kNeighboursMax; ++i) {
    const int process = i % kProcesses;
    reading.neighbours.push_back({.tgid = ProcessOf(process),
                                  .pool_number = NumberOf(process, i / kProcesses % kPoolsEach),
                                  .neighbour = ProcessOf((process * 7 + i / 200) % kProcesses),
                                  .waited = 1ms + i % 997 * 1us,
                                  .waits = 3});
  }
  return reading;
}

// Each thread ran ten times in the second, and was queued a little.
void Advance(agent::HostReading& reading) {
  reading.taken_at += 1s;
  for (agent::ThreadSample& thread : reading.threads) {
    thread.counters.on_cpu += 80us;
    thread.counters.runq_self += 10us;
    thread.counters.runq_neighbour += 40us;
    thread.counters.blocked[static_cast<std::size_t>(WaitReason::kSleep)] += 999'870us;
    thread.counters.switches_voluntary += 10;
  }
}

// Everything of the reading but its making counts as the agent's.
class TimedSource final : public testing::ScriptedSource {
 public:
  absl::Status ReadHost(agent::HostReading& out) override {
    const double began_us = CpuUs();
    absl::Status status = ScriptedSource::ReadHost(out);
    spent_us_ += CpuUs() - began_us;
    return status;
  }
  double spent_us() const { return spent_us_; }

 private:
  double spent_us_ = 0;
};

void SpoilCaches() {
  static std::vector<std::uint64_t> memory(8 << 20);
  for (std::uint64_t& word : memory) {
    ++word;
  }
}

int Main(int argc, char** argv) {
  Report report(argc, argv);
  testing::FakeClock clock;
  TimedSource source;
  source.Edit([](agent::HostReading& reading) { reading = FirstReading(); });
  agent::Registry registry({}, clock);
  agent::ViewBoard board;
  double unix_time = 1'700'000'000;
  agent::History history(std::nullopt, clock, [&] { return unix_time; });
  std::vector<double> recorder_us;
  const auto record = [&](const agent::Diagnosed& diagnosed, Clock::Time at) {
    const double began_us = CpuUs();
    history.Add(diagnosed, at);
    recorder_us.push_back(CpuUs() - began_us);
  };
  agent::HostSampler sampler({.own_tgid = 1,
                              .cpus = 2,
                              .own_cpu_seconds = [] { return 0.0; },
                              .unix_time = [&] { return unix_time; },
                              .record = record},
                             source, registry, board, clock);
  std::vector<double> reading_us;
  std::size_t rows = 0;
  for (int i = 0; i < kReadings; ++i) {
    clock.Advance(1s);
    unix_time += 1;
    source.Edit(Advance);
    SpoilCaches();
    const double of_source_us = source.spent_us();
    const double began_us = CpuUs();
    if (absl::Status status = sampler.Read(); !status.ok()) {
      std::fprintf(stderr, "%s\n", status.ToString().c_str());
      return 1;
    }
    reading_us.push_back(CpuUs() - began_us - (source.spent_us() - of_source_us));
    rows = board.Read().rows.size();
  }
  report.Add("threads", kProcesses * kThreadsEach);
  report.Add("pools", static_cast<double>(rows));
  report.Add("first_reading_us", reading_us.front());
  report.Add("reading_us", Median(reading_us));
  report.Add("reading_us_min", *std::ranges::min_element(reading_us));
  report.Add("recorder_us", Median(recorder_us), "of reading_us");
  report.Add("recorder_bytes", static_cast<double>(history.bytes()), "after a minute");
  return report.Finish();
}

}  // namespace
}  // namespace loadline::bench

int main(int argc, char** argv) { return loadline::bench::Main(argc, argv); }
