// SPDX-License-Identifier: Apache-2.0
// What the probes cost: nanoseconds per context switch beyond those of a program that does nothing,
// and what becomes of a load that only switches and of one that never does. Untraced and traced
// runs alternate, and the medians are compared, since the machine's mood changes more than we cost.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "agent/src/kernel/bpf_source.h"
#include "empty_switch.skel.h"
#include "tests/bench/program_cost.h"
#include "tests/bench/switch_load.h"

namespace loadline::bench {
namespace {

constexpr int kRounds = 7;
constexpr int kRoundTrips = 100'000;
constexpr int kCalls = 1'000'000;

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

struct EmptyDeleter {
  void operator()(empty_switch* skeleton) const { empty_switch__destroy(skeleton); }
};
using Empty = std::unique_ptr<empty_switch, EmptyDeleter>;

Empty AttachEmpty() {
  Empty skeleton(empty_switch__open_and_load());
  return skeleton != nullptr && empty_switch__attach(skeleton.get()) == 0 ? std::move(skeleton)
                                                                          : nullptr;
}

// Nanoseconds per run of a program while the ping-pong plays.
absl::StatusOr<double> CostOf(const ProgramStats& stats, LoadProcess& load,
                              std::string_view program) {
  const auto before = stats.Of(program);
  if (!before.ok()) {
    return before.status();
  }
  load.PipePingPong(kRoundTrips);
  const auto after = stats.Of(program);
  if (!after.ok()) {
    return after.status();
  }
  return static_cast<double>(after->time_ns - before->time_ns) /
         static_cast<double>(after->runs - before->runs);
}

struct Figures {
  std::vector<double> floor_ns, run_ns, pingpong_off, pingpong_on, getppid_off, getppid_on;
};

absl::Status MeasureCost(LoadProcess& load, Figures& out) {
  const auto stats = ProgramStats::Enable();
  if (!stats.ok()) {
    return stats.status();
  }
  const Empty nothing = AttachEmpty();
  const auto source = agent::BpfSource::Create();
  if (nothing == nullptr || !source.ok()) {
    return source.ok() ? absl::InternalError("the empty program cannot be attached")
                       : source.status();
  }
  for (int round = 0; round < kRounds; ++round) {
    const auto floor_ns = CostOf(*stats, load, "ll_floor");
    const auto run_ns = CostOf(*stats, load, "ll_switch");
    if (!floor_ns.ok() || !run_ns.ok()) {
      return floor_ns.ok() ? run_ns.status() : floor_ns.status();
    }
    out.floor_ns.push_back(*floor_ns);
    out.run_ns.push_back(*run_ns);
  }
  return absl::OkStatus();
}

absl::Status MeasureLoads(LoadProcess& load, Figures& out) {
  for (int round = 0; round < kRounds; ++round) {
    out.pingpong_off.push_back(load.PipePingPong(kRoundTrips));
    out.getppid_off.push_back(load.Getppid(kCalls));
    const auto source = agent::BpfSource::Create();
    if (!source.ok()) {
      return source.status();
    }
    out.pingpong_on.push_back(load.PipePingPong(kRoundTrips));
    out.getppid_on.push_back(load.Getppid(kCalls));
  }
  return absl::OkStatus();
}

using Row = std::pair<std::string, double>;

std::vector<Row> RowsOf(const Figures& figures) {
  const double floor_ns = Median(figures.floor_ns);
  const double run_ns = Median(figures.run_ns);
  return {{"floor_ns", floor_ns},
          {"host_counters_net_ns", run_ns - floor_ns},
          {"pingpong_untraced_ns", Median(figures.pingpong_off)},
          {"pingpong_ratio", Median(figures.pingpong_on) / Median(figures.pingpong_off)},
          {"getppid_untraced_ns", Median(figures.getppid_off)},
          {"getppid_ratio", Median(figures.getppid_on) / Median(figures.getppid_off)}};
}

void Print(const std::vector<Row>& rows) {
  for (const auto& [name, value] : rows) {
    std::printf("%-24s %10.3f\n", name.c_str(), value);
  }
}

bool Write(const std::vector<Row>& rows, const std::string& path) {
  std::ofstream file(path);
  file << "{";
  for (std::size_t i = 0; i < rows.size(); ++i) {
    file << (i == 0 ? "\n  \"" : ",\n  \"") << rows[i].first << "\": " << rows[i].second;
  }
  file << "\n}\n";
  return file.good();
}

}  // namespace
}  // namespace loadline::bench

int main(int argc, char** argv) {
  using namespace loadline::bench;
  if (argc != 1 && (argc != 3 || std::string_view(argv[1]) != "--json")) {
    std::fprintf(stderr, "usage: %s [--json FILE]\n", argv[0]);
    return 2;
  }
  LoadProcess load;
  Figures figures;
  absl::Status status = MeasureCost(load, figures);
  if (status.ok()) {
    status = MeasureLoads(load, figures);
  }
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 77;
  }
  const std::vector<Row> rows = RowsOf(figures);
  Print(rows);
  if (argc == 3 && !Write(rows, argv[2])) {
    std::fprintf(stderr, "cannot write %s\n", argv[2]);
    return 1;
  }
  return 0;
}
