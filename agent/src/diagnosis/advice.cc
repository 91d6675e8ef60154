// SPDX-License-Identifier: Apache-2.0
#include "agent/src/diagnosis/advice.h"

#include <cmath>

#include "fmt/format.h"

namespace loadline::agent {
namespace {

using Sentences = std::vector<std::string>;

struct Ask {
  const PoolCase& pool;
  const LostPart& part;
  double cpu_idle;
  int cpus;
};

bool IsFull(const PoolCase& pool) {
  return pool.severity == Severity::kExhausted || pool.severity == Severity::kStuck;
}

std::string Named(const std::string& name, std::string_view otherwise) {
  return name.empty() ? std::string(otherwise) : name;
}

Sentences OfCpu(const Ask& ask) {
  Sentences advice;
  if (ask.cpu_idle > 0.2) {
    advice.push_back(
        fmt::format("Its own work takes {:.1f} CPUs, and {:.0f} % of the host are idle: "
                    "more threads can use them, if the work can be shared out.",
                    ask.pool.ThreadsOf(Cause::kCpu), ask.cpu_idle * 100));
  } else {
    advice.push_back(
        fmt::format("Its own work takes {:.1f} CPUs: less work per request, or more CPUs.",
                    ask.pool.ThreadsOf(Cause::kCpu)));
  }
  return advice;
}

Sentences OfOwnQueue(const Ask& ask) {
  if (ask.cpu_idle > 0.3) {
    return {
        fmt::format("Its threads queue behind each other while {:.0f} % of the CPUs are idle: look "
                    "at their CPU affinity (taskset -p, cpuset.cpus).",
                    ask.cpu_idle * 100)};
  }
  return {
      fmt::format("{:.1f} of its threads wait for a CPU behind its own: fewer of them at work at "
                  "once finish no later; more CPUs help.",
                  ask.pool.ThreadsOf(Cause::kOwnQueue)),
      "Do not add threads."};
}

Sentences OfNeighbour(const Ask& ask) {
  return {
      fmt::format("{} takes CPU time from it: {:.1f} of its threads wait for a CPU. Give it more "
                  "CPU weight than {}, or CPUs of its own.",
                  Named(ask.part.culprit, "Somebody else"), ask.pool.ThreadsOf(Cause::kNeighbour),
                  Named(ask.part.culprit, "the others"))};
}

Sentences OfQuota(const Ask& ask) {
  return {
      fmt::format("The CPU quota of {} holds back {:.1f} threads: raise it (cpu.max), or send it "
                  "less work.",
                  Named(ask.part.culprit, "its control group"), ask.pool.ThreadsOf(Cause::kQuota)),
      "Do not add threads: they share the same quota."};
}

Sentences OfLock(const Ask& ask) {
  Sentences advice{
      fmt::format("{:.1f} threads wait for {}{}{}. Shorten what is done under it, or split "
                  "it.",
                  ask.pool.ThreadsOf(Cause::kLock), Named(ask.part.culprit, "a lock"),
                  ask.part.why.empty() ? "" : ": ", ask.part.why)};
  advice.push_back("Do not add threads: they would queue for it too.");
  return advice;
}

Sentences OfDependency(const Ask& ask) {
  Sentences advice;
  const double mean =
      ask.part.waits > 0 ? Seconds(ask.part.time) / static_cast<double>(ask.part.waits) : 0;
  advice.push_back(fmt::format(
      "Look at {}{}.", Named(ask.part.culprit, "what it connects to"),
      mean > 0.2 ? fmt::format(": answers take {:.1f} s and more", mean) : std::string()));
  if (ask.pool.severity == Severity::kUnknown) {
    advice.push_back(
        "Whether anybody waits for this pool is not seen: it may fetch its work there.");
  } else if (IsFull(ask.pool)) {
    advice.push_back(
        fmt::format("All {} threads are taken at this latency. A limit with a deadline in front of "
                    "the pool keeps "
                    "what does not need that peer alive; more threads only send it more calls.",
                    ask.pool.threads.all()));
  }
  return advice;
}

Sentences OfHandoff(const Ask& ask) {
  return {fmt::format(
      "{:.1f} threads wait for what other threads of it hand over: {}. Look at what "
      "those wait for, then at how many of them there are.",
      ask.pool.ThreadsOf(Cause::kHandoff), Named(ask.part.culprit, "who is not known"))};
}

Sentences OfOneAtATime(const Ask&) {
  return {
      "Its threads run one at a time: one computes while the others wait for it to let go.",
      "More threads of this process will not help; more processes will, up to the number of CPUs."};
}

Sentences OfStorage(const Ask&) {
  return {
      "Look at the storage (iostat -x 1): is it slow, or is too much asked of it? Do not add "
      "threads: they queue there."};
}

Sentences OfMemory(const Ask& ask) {
  return {
      fmt::format("Its threads wait for memory: look at the memory limit of {} and at what it maps "
                  "and allocates.",
                  Named(ask.pool.container, "its control group")),
      "Do not add threads: each needs memory."};
}

Sentences OfEventLoop(const Ask& ask) {
  return {fmt::format(
              "The event loop is kept from its poll by {}: take that out of the loop, everybody "
              "behind it waits meanwhile.",
              Named(ask.part.culprit, "its own work")),
          "More loops only hide it."};
}

Sentences OfSleep(const Ask&) {
  return {
      "Its threads sleep by a timer: look for sleep, back-off or polling in the code that they "
      "run."};
}

Sentences OfChild(const Ask&) { return {"It waits for a child process: look at that."}; }

Sentences OfIpc(const Ask&) {
  return {
      "It waits for the other end of a pipe or of a socket on this host: look at who is there."};
}

Sentences OfDeadlock(const Ask& ask) {
  return {fmt::format(
      "{}: none of them will ever go on. Restart the process, and take the locks in one "
      "order everywhere.",
      Named(ask.part.why, "A chain of waits comes back to itself"))};
}

Sentences OfThreads(const Ask& ask) {
  return {
      fmt::format("{} threads are more than {} CPUs can be of use to: a smaller pool finishes the "
                  "same work sooner.",
                  ask.pool.threads.all(), ask.cpus)};
}

Sentences OfFrozen(const Ask&) {
  return {"Its control group is frozen (cgroup.freeze): thaw it, or find out who froze it."};
}

Sentences OfStopped(const Ask& ask) {
  return {fmt::format("It is stopped by {}: let it go on (kill -CONT), or detach the debugger.",
                      Named(ask.part.culprit, "a signal or a debugger"))};
}

Sentences OfUnknown(const Ask&) {
  return {
      "What it waits for cannot be told from the kernel alone: `loadline deep` shows who wakes "
      "whom."};
}

using Advice = Sentences (*)(const Ask&);
// In the order of Cause.
constexpr std::array<Advice, kCauseCount> kAdvice = {
    OfCpu,        OfOwnQueue, OfNeighbour, OfQuota,     OfLock,   OfDependency, OfHandoff,
    OfOneAtATime, OfStorage,  OfMemory,    OfEventLoop, OfSleep,  OfChild,      OfIpc,
    OfDeadlock,   OfThreads,  OfFrozen,    OfStopped,   OfUnknown};

}  // namespace

std::vector<std::string> AdviceFor(Cause cause, const PoolCase& worst, double cpu_idle, int cpus) {
  const LostPart none;
  const LostPart* part = worst.Most(cause);
  return kAdvice[static_cast<std::size_t>(cause)](
      {.pool = worst, .part = part == nullptr ? none : *part, .cpu_idle = cpu_idle, .cpus = cpus});
}

}  // namespace loadline::agent
