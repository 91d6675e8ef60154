// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "loadline/clock.h"
#include "loadline/detail/mutex.h"
#include "loadline/limiter.h"
#include "loadline/thread_pool.h"
#include "loadline/v1/self.pb.h"

namespace loadline {

// What the agent should hear of the attached pools and limiters, and when: pools and threads as
// soon as they change, reports every second and when a limit moved.
//
// Thread safety: any. No call waits for anything but another call, so a removed pool or limiter is
// no longer used when Remove() returns.
class Outbox {
 public:
  explicit Outbox(std::string service) : service_(std::move(service)) {}

  void Add(ThreadPool& pool);
  void Remove(ThreadPool& pool);
  void Add(Limiter& limiter);
  void Remove(Limiter& limiter);

  // A new session: the agent knows nothing of us.
  void Restart();

  // What there is to say now, in order; the greeting first.
  std::vector<v1::SessionRequest> Take(Clock::Time now);

 private:
  struct Pool {
    ThreadPool* pool;
    std::optional<std::uint64_t> version{};  // Of the tids told; nullopt: not registered yet.
    std::vector<pid_t> tids{};               // Sorted.
    std::optional<Clock::Time> reported_at{};
  };
  struct Gate {
    Limiter* limiter;
    std::int64_t changes = 0;
    std::optional<Clock::Time> reported_at{};
  };
  using Requests = std::vector<v1::SessionRequest>;

  void TellThreads(Pool& pool, Requests& out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Report(Pool& pool, Clock::Time now, Requests& out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Report(Gate& gate, Clock::Time now, Requests& out) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string service_;
  detail::Mutex mutex_;
  std::vector<Pool> pools_ ABSL_GUARDED_BY(mutex_);
  std::vector<Gate> gates_ ABSL_GUARDED_BY(mutex_);
  Requests farewells_ ABSL_GUARDED_BY(mutex_);  // Of removed pools.
  bool greeted_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace loadline
