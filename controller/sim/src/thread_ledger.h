// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>

#include "loadline/signal.h"
#include "loadline/sim/time.h"

namespace loadline::sim {

// What a simulated thread does, as far as the kernel can tell. A thread that holds the lock without
// a CPU waits for a disk: a log that is synced under the lock is the usual case.
enum class Doing : std::uint8_t { kOnCore, kRunnable, kLock, kDisk, kNetwork, kCondition, kIdle };
inline constexpr std::size_t kDoings = 7;

// Who has the CPU time that our threads do not get.
enum class StolenBy : std::uint8_t { kNeighbour, kQuota };

// Adds up what the kernel would count for the threads of the pool. Threads are counted by what they
// do, so an event costs two multiplications whatever their number.
//
// A thread on a core of speed 0.4 is on the CPU for 0.4 of the time and waits behind a neighbour
// for the rest; one that waits in the run queue waits behind its own pool for 0.4 of the time.
class ThreadLedger {
 public:
  int count(Doing doing) const { return counts_[Index(doing)]; }
  int threads() const { return threads_; }

  void Add(Doing doing, int threads, Ns now) {
    Settle(doing, now);
    counts_[Index(doing)] += threads;
    threads_ += threads;
  }
  void Move(Doing from, Doing to, Ns now) {
    Settle(from, now);
    Settle(to, now);
    --counts_[Index(from)];
    ++counts_[Index(to)];
  }

  // The CPU's state from now on: the speeds of the busy cores added up, and the mean of all cores.
  void SetCpu(double busy_speed, double mean_speed, StolenBy thief, Ns now) {
    Settle(Doing::kOnCore, now);
    Settle(Doing::kRunnable, now);
    busy_speed_ = busy_speed;
    mean_speed_ = mean_speed;
    thief_ = thief;
  }

  void CountSwitch(bool voluntary) { ++(voluntary ? voluntary_ : involuntary_); }

  // Totals since the start, waits in progress included.
  PoolCounters Read(Ns now);

 private:
  static std::size_t Index(Doing doing) { return static_cast<std::size_t>(doing); }

  void Settle(Doing doing, Ns now) {
    const std::size_t i = Index(doing);
    const Ns passed = now - since_[i];
    since_[i] = now;
    if (passed == 0) {
      return;
    }
    if (doing == Doing::kOnCore) {
      const double got = busy_speed_ * static_cast<double>(passed);
      on_cpu_ += got;
      Stolen() += static_cast<double>(counts_[i]) * static_cast<double>(passed) - got;
    } else if (doing == Doing::kRunnable) {
      const double waited = static_cast<double>(counts_[i]) * static_cast<double>(passed);
      runq_self_ += mean_speed_ * waited;
      Stolen() += (1 - mean_speed_) * waited;
    } else {
      blocked_[i] += counts_[i] * passed;
    }
  }
  double& Stolen() { return thief_ == StolenBy::kQuota ? throttled_ : neighbour_; }

  std::array<int, kDoings> counts_{};
  std::array<Ns, kDoings> since_{};
  std::array<Ns, kDoings> blocked_{};
  int threads_ = 0;
  double busy_speed_ = 0;
  double mean_speed_ = 1;
  StolenBy thief_ = StolenBy::kNeighbour;
  double on_cpu_ = 0, runq_self_ = 0, neighbour_ = 0, throttled_ = 0;
  std::int64_t voluntary_ = 0, involuntary_ = 0;
};

}  // namespace loadline::sim
