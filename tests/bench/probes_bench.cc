// SPDX-License-Identifier: Apache-2.0
// What the probes cost, beside what others' tools cost: nanoseconds per context switch beyond those
// of a program that does nothing, and what becomes of a load that only switches and of one that
// never does. The tracers take turns within each round, and medians are compared, since the
// machine's mood changes more than we cost.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loadline_abi/host.h"
#include "tests/bench/program_cost.h"
#include "tests/bench/switch_load.h"
#include "tests/bench/traced_by.h"

namespace loadline::bench {
namespace {

constexpr int kRounds = 7;
constexpr int kRoundTrips = 100'000;
constexpr int kCalls = 1'000'000;
constexpr double kSwitches = 2.0 * kRoundTrips;

using Start = std::function<absl::StatusOr<std::unique_ptr<Tracer>>(const ProgramStats&)>;

struct Subject {
  std::string name;
  Start start;
};

struct Figures {
  std::vector<double> run_ns;       // Per switch, of all its programs.
  std::vector<double> runs;         // Programs run per switch.
  std::vector<double> pingpong_ns;  // With the kernel's statistics off.
  std::vector<double> getppid_ns;
};

std::vector<Subject> Subjects(pid_t process) {
  const auto loadline = [](std::uint32_t features, pid_t registered = 0) {
    return [=](const ProgramStats&) { return TraceByLoadline(features, registered); };
  };
  return {
      {"floor", [](const ProgramStats&) { return TraceByNothing(); }},
      {"host_counters", loadline(LL_FEATURE_UNREGISTERED)},
      {"host_split", loadline(LL_FEATURE_UNREGISTERED | LL_FEATURE_SPLIT)},
      {"host_full", loadline(LL_FEATURE_ALL)},
      {"registered_counters", loadline(LL_FEATURE_UNREGISTERED, process)},
      {"registered_full", loadline(LL_FEATURE_ALL, process)},
      {"peers",
       [](const ProgramStats& stats) {
         const std::vector<std::string> tools = {"runqlat", "cpudist", "offcputime"};
         return TraceByTools(tools, stats);
       }},
  };
}

double Median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

ProgramStats::Cost Sum(const ProgramStats& stats, const Tracer& tracer) {
  ProgramStats::Cost sum;
  const auto all = stats.Read();
  for (const std::uint32_t id : tracer.programs()) {
    if (const auto cost = all.find(id); cost != all.end()) {
      sum.runs += cost->second.runs;
      sum.time_ns += cost->second.time_ns;
    }
  }
  return sum;
}

absl::Status MeasureCost(const Subject& subject, LoadProcess& load, Figures& out) {
  const auto stats = ProgramStats::Enable();
  if (!stats.ok()) {
    return stats.status();
  }
  const auto tracer = subject.start(*stats);
  if (!tracer.ok()) {
    return tracer.status();
  }
  load.PipePingPong(kRoundTrips / 10);  // What is looked up once is looked up now.
  const ProgramStats::Cost before = Sum(*stats, **tracer);
  load.PipePingPong(kRoundTrips);
  const ProgramStats::Cost after = Sum(*stats, **tracer);
  out.run_ns.push_back(static_cast<double>(after.time_ns - before.time_ns) / kSwitches);
  out.runs.push_back(static_cast<double>(after.runs - before.runs) / kSwitches);
  return absl::OkStatus();
}

absl::Status MeasureLoads(const Subject& subject, LoadProcess& load, Figures& out) {
  std::unique_ptr<Tracer> tracer;
  {
    const auto stats = ProgramStats::Enable();  // The tools are found by their runs.
    auto started = stats.ok() ? subject.start(*stats) : stats.status();
    if (!started.ok()) {
      return started.status();
    }
    tracer = *std::move(started);
  }
  load.PipePingPong(kRoundTrips / 10);
  out.pingpong_ns.push_back(load.PipePingPong(kRoundTrips));
  out.getppid_ns.push_back(load.Getppid(kCalls));
  return absl::OkStatus();
}

using Row = std::pair<std::string, double>;

std::vector<Row> RowsOf(const std::map<std::string, Figures>& figures, const Figures& untraced) {
  const double floor_ns = Median(figures.at("floor").run_ns) / Median(figures.at("floor").runs);
  const double pingpong_ns = Median(untraced.pingpong_ns);
  const double getppid_ns = Median(untraced.getppid_ns);
  std::vector<Row> rows = {{"floor_ns", floor_ns},
                           {"pingpong_untraced_ns", pingpong_ns},
                           {"getppid_untraced_ns", getppid_ns}};
  for (const auto& [name, of] : figures) {
    if (name == "floor") {
      continue;
    }
    rows.emplace_back(name + "_net_ns", Median(of.run_ns) - Median(of.runs) * floor_ns);
    rows.emplace_back(name + "_pingpong_ratio", Median(of.pingpong_ns) / pingpong_ns);
    rows.emplace_back(name + "_getppid_ratio", Median(of.getppid_ns) / getppid_ns);
  }
  const auto value_of = [&rows](std::string_view name) {
    return std::ranges::find(rows, name, &Row::first)->second;
  };
  rows.emplace_back("pingpong_ratio", value_of("host_full_pingpong_ratio"));
  rows.emplace_back("getppid_ratio", value_of("host_full_getppid_ratio"));
  return rows;
}

void Print(const std::vector<Row>& rows) {
  for (const auto& [name, value] : rows) {
    std::printf("%-32s %10.3f\n", name.c_str(), value);
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

absl::Status Measure(LoadProcess& load, std::vector<Row>& rows) {
  const std::vector<Subject> subjects = Subjects(load.pid());
  std::map<std::string, Figures> figures;
  Figures untraced;
  for (int round = 0; round < kRounds; ++round) {
    std::fprintf(stderr, "round %d of %d\n", round + 1, kRounds);
    untraced.pingpong_ns.push_back(load.PipePingPong(kRoundTrips));
    untraced.getppid_ns.push_back(load.Getppid(kCalls));
    for (const Subject& subject : subjects) {
      Figures& out = figures[subject.name];
      absl::Status status = MeasureCost(subject, load, out);
      if (status.ok()) {
        status = MeasureLoads(subject, load, out);
      }
      if (!status.ok()) {
        return status;
      }
    }
  }
  rows = RowsOf(figures, untraced);
  return absl::OkStatus();
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
  std::vector<Row> rows;
  if (absl::Status status = Measure(load, rows); !status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 77;
  }
  Print(rows);
  if (argc == 3 && !Write(rows, argv[2])) {
    std::fprintf(stderr, "cannot write %s\n", argv[2]);
    return 1;
  }
  return 0;
}
