// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "loadline/clock.h"
#include "loadline/detail/mutex.h"
#include "loadline/signal_source.h"
#include "loadline/thread_pool.h"
#include "sdk/src/cgroup_cpu.h"
#include "sdk/src/host_cpu_share.h"

namespace loadline {

// What a process can learn about its own threads without an agent and without privileges.
//
//     on CPU, run queue   exact, from /proc/self/task/<tid>/schedstat
//     blocked             exact in sum: time - both; `idle` is the time that the pool's workers
//                         were without a task, all the rest is `other`, whatever it waits for
//     run queue, whose    estimated: of the time that was not throttled, our share of the host's
//                         busy CPU time is `self`, the rest `neighbour`
//     throttled           the cgroup's cpu.stat, no more than the run-queue time
//
// The price: about 3 us per thread and reading (`bench-gate`, schedstat_ns_per_thread), so a pool
// of more than kThreadsPerRead threads is read less than ten times a second. Threads that began or
// ended between two readings are left out of that difference.
//
// Thread safety: as SignalSource.
class SchedstatSource final : public SignalSource {
 public:
  static constexpr int kThreadsPerRead = 256;  // 0.8 ms in 100: 1 % of a CPU.

  // How often a pool is read: seldom enough to be cheap, and often enough for the ladder, which
  // would call a source that is read every half second stale between its readings.
  static Clock::Duration ReadEvery(int threads);

  // `root` stands before every path; "" but in tests.
  explicit SchedstatSource(std::string root = "");

  SignalStep step() const override { return SignalStep::kSchedstat; }
  std::optional<Signal> Read(std::string_view pool, Clock::Time now) override;
  void AddPool(ThreadPool& pool) override;
  void RemovePool(ThreadPool& pool) override;

 private:
  struct Times {
    Clock::Duration on_cpu{};
    Clock::Duration runq{};
  };
  struct Reading {
    Clock::Time at;
    std::map<pid_t, Times> threads;
    Clock::Duration busy{};  // Inside tasks.
    Clock::Duration throttled{};
    std::optional<Clock::Duration> host_busy{};
  };
  struct Watched {
    ThreadPool* pool;
    std::optional<Reading> last{};
    HostCpuShare share{};
  };

  static std::optional<Times> ParseSchedstat(const std::string& text);
  Reading ReadNow(const ThreadPool& pool, Clock::Time now) const;
  static Signal Difference(const Reading& before, const Reading& after, HostCpuShare& share);

  const std::string root_;
  const CgroupCpu cgroup_;
  detail::Mutex mutex_;
  std::vector<Watched> pools_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace loadline
