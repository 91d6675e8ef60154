// SPDX-License-Identifier: Apache-2.0
// Reads the probes until its input ends, and then prints as JSON what the threads of processes that
// began meanwhile waited for: seconds by process and reason, and of waits that are `other`, how
// often which call and state were seen. Says "ready" when it counts.
#include <poll.h>
#include <unistd.h>

#include <cstdio>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <set>
#include <sstream>
#include <string>

#include "agent/src/kernel/bpf_source.h"

namespace loadline::agent {
namespace {

constexpr int kReadEveryMs = 50;

struct Process {
  std::string name;
  PoolCounters gone;
  PoolCounters alive;
};

class Report {
 public:
  // Processes that are there already are not of interest: most sleep all day, and would hide
  // others.
  void Ignore(const HostReading& reading) {
    for (const ThreadSample& thread : reading.threads) {
      old_.insert(thread.tgid);
    }
  }

  void Add(const HostReading& reading) {
    for (auto& [tgid, process] : processes_) {
      process.alive = {};
    }
    for (const ThreadSample& thread : reading.threads) {
      if (thread.kernel || old_.contains(thread.tgid)) {
        continue;
      }
      Process& process = processes_[thread.tgid];
      process.alive += thread.counters;
      if (thread.tid == thread.tgid) {
        process.name = thread.name;
      }
      if (thread.state == ThreadState::kBlocked && thread.reason == WaitReason::kOther) {
        ++unknown_[CallAndState(thread)];
      }
    }
    for (const ExitedThreads& exited : reading.exited) {
      if (!old_.contains(exited.tgid)) {
        Process& process = processes_[exited.tgid];
        process.gone += exited.counters;
        process.name = process.name.empty() ? exited.name : process.name;
      }
    }
    losses_.clear();
    for (const SourceLoss& loss : reading.losses) {
      losses_[loss.what] = loss.total;
    }
  }

  nlohmann::json Json() const {
    nlohmann::json seconds = nlohmann::json::object();
    for (const auto& [tgid, process] : processes_) {
      PoolCounters all = process.gone;
      all += process.alive;
      for (int i = 0; i < kWaitReasonCount; ++i) {
        const auto reason = static_cast<WaitReason>(i);
        const double blocked = std::chrono::duration<double>(all.blocked_for(reason)).count();
        auto& sum = seconds[process.name][std::string(Name(reason))];
        sum = (sum.is_null() ? 0.0 : sum.get<double>()) + blocked;
      }
    }
    return {{"seconds", seconds}, {"unknown", unknown_}, {"losses", losses_}};
  }

 private:
  static std::string CallAndState(const ThreadSample& thread) {
    const std::string folder =
        "/proc/" + std::to_string(thread.tgid) + "/task/" + std::to_string(thread.tid);
    std::string call;
    std::string stat;
    std::ifstream(folder + "/syscall") >> call;
    std::getline(std::ifstream(folder + "/stat"), stat);
    const std::size_t end = stat.rfind(") ");
    const std::string state = end == std::string::npos ? "gone" : stat.substr(end + 2, 1);
    return std::string(thread.name) + ": call " + call + " state " + state;
  }

  std::set<pid_t> old_;
  std::map<pid_t, Process> processes_;
  std::map<std::string, int> unknown_;
  std::map<std::string, std::uint64_t> losses_;
};

// False: the input has ended.
bool Pause() {
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  return poll(&input, 1, kReadEveryMs) == 0;
}

int Run() {
  const auto source = BpfSource::Create();
  if (!source.ok()) {
    std::printf("%s\n", source.status().ToString().c_str());
    return 77;
  }
  HostReading reading;
  Report report;
  if (!(*source)->ReadHost(reading).ok()) {
    return 1;
  }
  report.Ignore(reading);
  std::puts("ready");
  std::fflush(stdout);
  do {
    if (!(*source)->ReadHost(reading).ok()) {
      return 1;
    }
    report.Add(reading);
  } while (Pause());
  std::puts(report.Json().dump().c_str());
  return 0;
}

}  // namespace
}  // namespace loadline::agent

int main() { return loadline::agent::Run(); }
