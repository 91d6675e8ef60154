// SPDX-License-Identifier: Apache-2.0
// What the probes cost, beside what others' tools cost: nanoseconds per context switch beyond those
// of a program that does nothing, and what becomes of a load that only switches and of one that
// never does. The tracers take turns within each round, each load is played without its tracer
// right after it was played with it, and medians are compared: the machine's mood changes more than
// we cost.
#include <cstdio>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "loadline_abi/host.h"
#include "tests/bench/program_cost.h"
#include "tests/bench/report.h"
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
  std::vector<double> run_ns;  // Per switch, of all its programs.
  std::vector<double> runs;    // Programs run per switch.
  // With the kernel's statistics off; to the same load a moment later, untraced.
  std::vector<double> pingpong_ratio;
  std::vector<double> getppid_ratio;
};

struct Loads {
  double pingpong_ns = 0;
  double getppid_ns = 0;
};

Loads Play(LoadProcess& load) {
  load.PipePingPong(kRoundTrips / 10);
  const double pingpong_ns = load.PipePingPong(kRoundTrips);
  return {.pingpong_ns = pingpong_ns, .getppid_ns = load.Getppid(kCalls)};
}

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

absl::Status MeasureLoads(const Subject& subject, LoadProcess& load, std::vector<Loads>& untraced,
                          Figures& out) {
  std::unique_ptr<Tracer> tracer;
  {
    const auto stats = ProgramStats::Enable();  // The tools are found by their runs.
    auto started = stats.ok() ? subject.start(*stats) : stats.status();
    if (!started.ok()) {
      return started.status();
    }
    tracer = *std::move(started);
  }
  const Loads traced = Play(load);
  tracer.reset();
  untraced.push_back(Play(load));
  out.pingpong_ratio.push_back(traced.pingpong_ns / untraced.back().pingpong_ns);
  out.getppid_ratio.push_back(traced.getppid_ns / untraced.back().getppid_ns);
  return absl::OkStatus();
}

double MedianOf(const std::vector<Loads>& loads, double Loads::*what) {
  std::vector<double> all;
  for (const Loads& one : loads) {
    all.push_back(one.*what);
  }
  return Median(all);
}

void AddTo(Report& report, const std::map<std::string, Figures>& figures,
           const std::vector<Loads>& untraced) {
  const double floor_ns = Median(figures.at("floor").run_ns) / Median(figures.at("floor").runs);
  report.Add("floor_ns", floor_ns);
  report.Add("pingpong_untraced_ns", MedianOf(untraced, &Loads::pingpong_ns));
  report.Add("getppid_untraced_ns", MedianOf(untraced, &Loads::getppid_ns));
  for (const auto& [name, of] : figures) {
    if (name == "floor") {
      continue;
    }
    report.Add(name + "_net_ns", Median(of.run_ns) - Median(of.runs) * floor_ns);
    report.Add(name + "_pingpong_ratio", Median(of.pingpong_ratio));
    report.Add(name + "_getppid_ratio", Median(of.getppid_ratio));
  }
  report.Add("pingpong_ratio", report.at("host_full_pingpong_ratio"));
  report.Add("getppid_ratio", report.at("host_full_getppid_ratio"));
}

absl::Status Measure(LoadProcess& load, Report& report) {
  const std::vector<Subject> subjects = Subjects(load.pid());
  std::map<std::string, Figures> figures;
  std::vector<Loads> untraced;
  for (int round = 0; round < kRounds; ++round) {
    std::fprintf(stderr, "round %d of %d\n", round + 1, kRounds);
    for (const Subject& subject : subjects) {
      Figures& out = figures[subject.name];
      absl::Status status = MeasureCost(subject, load, out);
      if (status.ok()) {
        status = MeasureLoads(subject, load, untraced, out);
      }
      if (!status.ok()) {
        return status;
      }
    }
  }
  AddTo(report, figures, untraced);
  return absl::OkStatus();
}

}  // namespace
}  // namespace loadline::bench

int main(int argc, char** argv) {
  using namespace loadline::bench;
  Report report(argc, argv);
  LoadProcess load;
  if (absl::Status status = Measure(load, report); !status.ok()) {
    std::fprintf(stderr, "%s\n", status.ToString().c_str());
    return 77;
  }
  return report.Finish();
}
