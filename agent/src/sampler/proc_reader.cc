// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/proc_reader.h"

#include <asm/unistd.h>
#include <unistd.h>

#include <string_view>
#include <utility>

#include "agent/src/sampler/proc_parse.h"
#include "agent/src/sampler/proc_reason.h"

namespace loadline::agent {
namespace {

constexpr std::uint64_t kSecondNs = 1'000'000'000;

// "R" is on a CPU or waiting for one. It has one run more than ends of runs exactly while it runs.
ThreadState StateOf(const ProcStat& stat, const ProcLook& look) {
  if (stat.state != 'R') {
    return ThreadState::kBlocked;
  }
  const auto ended = static_cast<std::uint64_t>(look.status.voluntary + look.status.involuntary);
  return look.sched.runs > ended ? ThreadState::kRunning : ThreadState::kRunnable;
}

}  // namespace

ProcReader::ProcReader(ProcFs& proc, const Clock& clock)
    : proc_(proc),
      clock_(clock),
      tick_ns_(kSecondNs / static_cast<std::uint64_t>(::sysconf(_SC_CLK_TCK))),
      sockets_(proc),
      freezer_(proc) {}

std::optional<ProcReader::Result> ProcReader::Read(pid_t tgid, pid_t tid, const ProcLook* last) {
  Result result;
  result.look.at = clock_.Now();
  const auto sched = ParseSchedStat(proc_.ReadOfThread(tgid, tid, "schedstat"));
  if (!sched) {
    return std::nullopt;
  }
  // A freezer may hold a thread, and let it go, without its running.
  const bool as_before =
      last != nullptr && last->state == ThreadState::kBlocked && last->sched == *sched &&
      (freezer_.Of(tgid) != Freezing::kNo) == (last->wait.holder == Holder::kFreezer);
  if (as_before) {
    return result;
  }
  result.look.sched = *sched;
  const auto stat = ParseStat(proc_.ReadOfThread(tgid, tid, "stat"));
  if (!stat || stat->state == 'Z' || stat->state == 'X') {
    return std::nullopt;
  }
  result.facts = ProcThreadFacts{.name = stat->comm,
                                 .kernel = stat->kernel,
                                 .started_at_ns = stat->started_ticks * tick_ns_,
                                 .image = stat->stack_start};
  const auto status = ParseStatus(proc_.ReadOfThread(tgid, tid, "status"));
  if (!status) {
    return std::nullopt;
  }
  result.look.status = *status;
  result.look.state = StateOf(*stat, result.look);
  if (result.look.state == ThreadState::kBlocked) {
    ReadWait(tgid, tid, stat->state, result);
  }
  return result;
}

void ProcReader::ReadWait(pid_t tgid, pid_t tid, char state, Result& result) {
  ProcWaitFacts facts{.state = state,
                      .kernel = result.facts->kernel,
                      .call = {},
                      .wchan = {},
                      .freezing = freezer_.Of(tgid)};
  std::string function;
  if (!facts.kernel) {
    const std::string_view call = proc_.ReadOfThread(tgid, tid, "syscall");
    if (call.starts_with("running")) {
      result.look.state = ThreadState::kRunnable;  // It was woken up since "stat" was read.
      return;
    }
    facts.call = ParseCall(call);
  }
  if (state == 'D' || !facts.call || facts.call->number == __NR_restart_syscall) {
    function = proc_.ReadOfThread(tgid, tid, "wchan");
    facts.wchan = function;
    if (function == "0") {
      facts.wchan = {};
    }
  }
  const ProcThreadTargets::World world{proc_, sockets_, idle_};
  ProcThreadTargets targets(world, tgid, tid);
  result.look.wait = ClassifyWait(facts, targets);
  result.facts->reason_readable = facts.kernel || facts.call || !facts.wchan.empty();
}

}  // namespace loadline::agent
