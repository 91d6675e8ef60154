// SPDX-License-Identifier: Apache-2.0
#include "sdk/src/schedstat_source.h"

#include <algorithm>
#include <cstdint>
#include <sstream>
#include <utility>

#include "sdk/src/proc_file.h"

namespace loadline {
namespace {

constexpr Clock::Duration kTick = std::chrono::milliseconds{100};
constexpr int kTicksMax = 4;
// A difference over longer than this says nothing about now: the ladder was elsewhere meanwhile.
constexpr Clock::Duration kSpanMax = std::chrono::seconds{2};

Clock::Duration Scaled(Clock::Duration time, double factor) {
  return Clock::Duration{
      static_cast<Clock::Duration::rep>(static_cast<double>(time.count()) * factor)};
}

}  // namespace

SchedstatSource::SchedstatSource(std::string root) : root_(std::move(root)), cgroup_(root_) {}

void SchedstatSource::AddPool(ThreadPool& pool) {
  detail::MutexLock lock(mutex_);
  pools_.push_back({.pool = &pool});
}

void SchedstatSource::RemovePool(ThreadPool& pool) {
  detail::MutexLock lock(mutex_);
  std::erase_if(pools_, [&](const Watched& watched) { return watched.pool == &pool; });
}

std::optional<Signal> SchedstatSource::Read(std::string_view pool, Clock::Time now) {
  detail::MutexLock lock(mutex_);
  const auto watched = std::find_if(pools_.begin(), pools_.end(),
                                    [&](const Watched& each) { return each.pool->name() == pool; });
  if (watched == pools_.end()) {
    return std::nullopt;
  }
  if (watched->last) {
    const int threads = static_cast<int>(watched->last->threads.size());
    // Half a tick of slack: one may come early.
    if (now - watched->last->at < ReadEvery(threads) - kTick / 2) {
      return std::nullopt;
    }
  }
  Reading reading = ReadNow(*watched->pool, now);
  const std::optional<Reading> before = std::exchange(watched->last, std::move(reading));
  if (!before || now - before->at > kSpanMax) {
    return std::nullopt;
  }
  return Difference(*before, *watched->last, watched->share);
}

Clock::Duration SchedstatSource::ReadEvery(int threads) {
  return kTick * std::min(1 + std::max(threads - 1, 0) / kThreadsPerRead, kTicksMax);
}

std::optional<SchedstatSource::Times> SchedstatSource::ParseSchedstat(const std::string& text) {
  std::istringstream fields(text);
  std::int64_t on_cpu = 0, runq = 0;
  if (!(fields >> on_cpu >> runq)) {
    return std::nullopt;
  }
  return Times{Clock::Duration{on_cpu}, Clock::Duration{runq}};
}

SchedstatSource::Reading SchedstatSource::ReadNow(const ThreadPool& pool, Clock::Time now) const {
  Reading reading{
      .at = now,
      .threads = {},
      .busy = pool.Stats().busy_total,
      .throttled = cgroup_.Throttled().value_or(Clock::Duration::zero()),
      .host_busy = HostCpuShare::BusyTime(ReadSmallFile(root_ + "/proc/stat").value_or(""))};
  for (const pid_t tid : pool.tids()) {
    const std::string path = root_ + "/proc/self/task/" + std::to_string(tid) + "/schedstat";
    if (const std::optional<Times> times = ParseSchedstat(ReadSmallFile(path).value_or(""))) {
      reading.threads.emplace(tid, *times);
    }
  }
  return reading;
}

Signal SchedstatSource::Difference(const Reading& before, const Reading& after,
                                   HostCpuShare& share) {
  Signal signal{.taken_at = after.at,
                .span = after.at - before.at,
                .threads = static_cast<int>(after.threads.size()),
                .counters = {},
                .step = SignalStep::kSchedstat};
  PoolCounters& counters = signal.counters;
  Clock::Duration runq{}, time{};
  for (const auto& [tid, now] : after.threads) {
    const auto then = before.threads.find(tid);
    if (then != before.threads.end()) {
      counters.on_cpu += now.on_cpu - then->second.on_cpu;
      runq += now.runq - then->second.runq;
      time += signal.span;
    }
  }
  const double self = before.host_busy && after.host_busy
                          ? share.Add(*after.host_busy - *before.host_busy, counters.on_cpu)
                          : 1;
  counters.runq_throttled = std::clamp(after.throttled - before.throttled, Clock::Duration{}, runq);
  counters.runq_self = Scaled(runq - counters.runq_throttled, self);
  counters.runq_neighbour = runq - counters.runq_throttled - counters.runq_self;

  const Clock::Duration none{};
  const Clock::Duration blocked = std::max(time - counters.on_cpu - runq, none);
  const Clock::Duration in_tasks =
      std::clamp(after.busy - before.busy - counters.on_cpu - runq, none, blocked);
  counters.blocked_for(WaitReason::kOther) = in_tasks;
  counters.blocked_for(WaitReason::kIdle) = blocked - in_tasks;
  return signal;
}

}  // namespace loadline
