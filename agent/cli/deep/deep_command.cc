// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/deep/deep_command.h"

#include <signal.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "agent/cli/deep/wait_text.h"
#include "agent/cli/deep/wait_words.h"
#include "agent/command/exit_code.h"
#include "agent/command/number_flag.h"
#include "agent/src/kernel/wakeup_probes.h"

namespace loadline::cli {
namespace {

struct Flags {
  double seconds = 5;
  double budget_cpu = 5;
  std::string process;
  std::string dot;
  bool json = false;
};

// To wait for, instead of being ended by them with the findings unsaid.
sigset_t BlockStopSignals() {
  sigset_t stop;
  sigemptyset(&stop);
  for (const int number : {SIGINT, SIGTERM, SIGHUP}) {
    sigaddset(&stop, number);
  }
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  return stop;
}

bool WasStopped(const sigset_t& stop, Clock::Duration within) {
  const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(within);
  const timespec limit{.tv_sec = seconds.count(), .tv_nsec = (within - seconds).count()};
  return sigtimedwait(&stop, nullptr, &limit) > 0;
}

double Cpus() { return static_cast<double>(std::max(1L, ::sysconf(_SC_NPROCESSORS_ONLN))); }

absl::StatusOr<WaitReport> Measure(const Flags& flags) {
  const std::chrono::duration<double> time(flags.seconds);
  const sigset_t stop = BlockStopSignals();
  absl::StatusOr<agent::WaitReading> reading = agent::MeasureWaits(
      {.time = std::chrono::duration_cast<Clock::Duration>(time),
       .budget =
           std::chrono::duration_cast<Clock::Duration>(time * Cpus() * flags.budget_cpu / 100),
       .wait = [&stop](Clock::Duration within) { return WasStopped(stop, within); }});
  if (!reading.ok()) {
    return reading.status();
  }
  const agent::WaitFilter filter{.process = flags.process};
  WaitReport report;
  report.reading = *std::move(reading);
  report.budget_percent = flags.budget_cpu;
  report.chains = agent::WaitChains(report.reading.edges, filter);
  report.reading.edges = agent::EdgesBehind(report.reading.edges, filter);
  report.cpu_percent = Seconds(report.reading.probe_time) /
                       (std::max(Seconds(report.reading.lasted), 1e-9) * Cpus()) * 100;
  if (report.chains.empty() && !flags.process.empty()) {
    return absl::NotFoundError(
        absl::StrCat("no wait of process ", flags.process, " ended in this time"));
  }
  return report;
}

int RunDeep(const Flags& flags) {
  std::ofstream dot;
  if (!flags.dot.empty()) {
    dot.open(flags.dot);
    if (!dot) {
      Complain(absl::StrCat("--dot: cannot write ", flags.dot));
      return kEnvironment;
    }
  }
  const absl::StatusOr<WaitReport> report = Measure(flags);
  if (!report.ok()) {
    return Fail(report.status());
  }
  std::cout << (flags.json ? WaitJson(*report) : WaitText(*report));
  dot << WaitDot(*report);
  dot.flush();
  if (!flags.dot.empty() && !dot) {
    Complain(absl::StrCat("--dot: cannot write ", flags.dot));
    return kEnvironment;
  }
  return kOk;
}

}  // namespace

void AddDeepCommand(CLI::App& app, int& exit_code) {
  CLI::App* command = app.add_subcommand(
      "deep", "Find out, for some seconds, who waits for whom, and what those wait for");
  auto flags = std::make_shared<Flags>();
  command->add_option("--seconds", flags->seconds, "How long to measure (5)")
      ->transform(InRange({.least = 0.1, .most = 600, .whole = false}));
  command
      ->add_option("NAME", flags->process,
                   "Only this process, and whom it waits for; a command or a pid")
      ->type_name("");
  command->add_option("--process", flags->process, "NAME")->type_name("NAME")->group("");
  command->add_flag("--json", flags->json, "Print one JSON object")->disable_flag_override();
  command->add_option("--dot", flags->dot, "Write the graph to this file too, for Graphviz")
      ->type_name("FILE");
  command
      ->add_option("--budget-cpu", flags->budget_cpu,
                   "Percent of all CPUs over that time that the probes may take (5); they are\n"
                   "detached when it is spent")
      ->transform(InRange({.least = 0.01, .most = 100, .whole = false}));
  command->footer(
      "Needs root, or CAP_BPF and CAP_PERFMON; no agent has to run. Probes are attached to each\n"
      "switch and waking of this host for that time only. Ctrl-C ends it early and prints what "
      "was\n"
      "found.");
  command->callback([flags, &exit_code] { exit_code = RunDeep(*flags); });
}

}  // namespace loadline::cli
