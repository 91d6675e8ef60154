// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/proc_split.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "agent/src/sampler/proc_text.h"

namespace loadline::agent {
namespace {

// A period of the CPU quota, by default: what is throttled can be known so much later.
constexpr Clock::Duration kQuotaPeriod = std::chrono::milliseconds(100);

using PoolKey = std::pair<pid_t, std::string>;

}  // namespace

ProcSplit::ProcSplit(const ProcFs& proc, int cpus)
    : proc_(proc),
      cpus_(std::max(1, cpus)),
      tick_(std::chrono::nanoseconds(std::chrono::seconds(1)) / ::sysconf(_SC_CLK_TCK)),
      throttling_(proc) {}

void ProcSplit::Book(const std::vector<ProcQueued>& queued,
                     const absl::flat_hash_set<pid_t>& read) {
  throttling_.BeginReading();
  const Clock::Duration busy = ReadBusy();
  for (const pid_t tgid : read) {
    Process& process = processes_[tgid];
    process.busy_new = process.seen ? busy - process.busy : Clock::Duration::zero();
    process.busy = busy;
    process.seen = true;
  }
  absl::flat_hash_map<PoolKey, Clock::Duration> on_cpu;
  absl::flat_hash_map<std::string, int> active;  // Threads, by cgroup.
  absl::flat_hash_set<pid_t> asked;
  for (const ProcQueued& thread : queued) {
    Process& process = processes_[thread.tgid];
    if (asked.insert(thread.tgid).second) {
      ReadQuota(thread.tgid, process);
    }
    on_cpu[{thread.tgid, thread.pool}] += thread.account->on_cpu_new();
    ++active[process.cgroup];
  }
  for (const ProcQueued& thread : queued) {
    const Process& process = processes_[thread.tgid];
    const Clock::Duration own = thread.account->on_cpu_new();
    const Clock::Duration pool = on_cpu[{thread.tgid, thread.pool}] - own;
    const Clock::Duration all = std::max(process.busy_new - own, pool);
    const double self = pool > Clock::Duration::zero()
                            ? static_cast<double>(pool.count()) / static_cast<double>(all.count())
                            : 0;
    const int cpus_used = std::min(cpus_, active[process.cgroup]);
    thread.account->BookRunQueue(Throttled(thread, process, cpus_used), self);
  }
}

Clock::Duration ProcSplit::Throttled(const ProcQueued& thread, const Process& process,
                                     int cpus_used) {
  const Clock::Duration none{};
  Clock::Duration& credit = *thread.quota_credit;
  credit += process.throttled_new / std::max(1, cpus_used);
  const bool lately = process.throttled_new > none || process.throttled_before > none;
  const Clock::Duration waited = thread.account->runq_new();
  const Clock::Duration throttled =
      thread.account->queued_now() && lately ? waited : std::min(waited, std::max(none, credit));
  credit = std::clamp(credit - throttled, -kQuotaPeriod, kQuotaPeriod);
  return throttled;
}

void ProcSplit::ReadQuota(pid_t tgid, Process& process) {
  ProcThrottling::Quota quota = throttling_.Of(tgid);
  const bool comparable = !quota.cgroup.empty() && process.cgroup == quota.cgroup;
  const Clock::Duration none{};
  process.throttled_before = process.throttled_new;
  process.throttled_new = comparable ? std::max(none, quota.throttled - process.throttled) : none;
  process.throttled = quota.throttled;
  process.cgroup = std::move(quota.cgroup);
}

// "cpu user nice system idle iowait irq softirq steal ..." in ticks, of all CPUs.
Clock::Duration ProcSplit::ReadBusy() const {
  const std::string text = proc_.ReadAll("stat");
  Words words(text);
  words.Skip(1);
  std::int64_t ticks = 0;
  for (const bool counts : {true, true, true, false, false, true, true}) {
    std::int64_t value = 0;
    ToNumber(words.Next(), value);
    ticks += counts ? value : 0;
  }
  return ticks * tick_;
}

}  // namespace loadline::agent
