// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "event_queue.h"
#include "loadline/sim/scenario.h"
#include "request.h"
#include "thread_ledger.h"

namespace loadline::sim {

// The cores and their run queue: one queue for all, first come first served or round robin.
//
// A core's speed is what neighbours leave of it. A quota is spent by our own CPU time and freezes
// all cores until the next period of 100 ms; a stall stops them too.
class Processor {
 public:
  Processor(const Cpu& cpu, EventQueue& events, Requests& requests, ThreadLedger& ledger);

  // Schedules the first of its own events.
  void Start();

  // A thread wants to run for Request::work. It is already counted as `from` in the ledger.
  void Enqueue(std::uint32_t request, Doing from, Ns now);

  // A core's event. The request that has finished its work, or kNone.
  std::uint32_t OnCoreDone(std::uint32_t index, std::uint32_t generation, Ns now);

  void OnSpeed(std::uint32_t index, Ns now);
  void OnQuotaPeriod(Ns now);
  void OnQuotaSpent(std::uint32_t generation, Ns now);

  // What affinity and quota leave us, neighbours not counted.
  double EffectiveCpus(Ns now) const;

 private:
  struct Core {
    std::uint32_t request = kNone;
    std::uint32_t generation = 0;
    double speed = 1;
    double left = 0;  // CPU time until the event: to the end of the work or of the slice.
    Ns since = 0;     // Of the last settlement.
  };

  int FastestIdleCore() const;
  void Run(Core& core, std::uint32_t request, Ns now);
  void Schedule(Core& core, Ns now);
  void Settle(Core& core, Ns now);
  void Refresh(Ns now);
  void Publish(Ns now);
  double SpeedOf(std::size_t core, Ns now) const;
  bool Stalled(Ns now) const;
  void SpendQuota(Ns now);

  const Cpu& cpu_;
  EventQueue& events_;
  Requests& requests_;
  ThreadLedger& ledger_;
  std::vector<Core> cores_;
  RequestFifo queue_;
  int busy_ = 0;
  double busy_speed_ = 0;
  double mean_speed_ = 1;

  bool quota_on_ = false;
  bool frozen_ = false;  // By the quota.
  double budget_ = 0;    // CPU time left in this period.
  Ns budget_since_ = 0;
  std::uint32_t quota_generation_ = 0;
};

}  // namespace loadline::sim
