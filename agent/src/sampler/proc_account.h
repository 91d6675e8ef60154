// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "agent/src/sampler/proc_parse.h"
#include "agent/src/sampler/proc_reason.h"
#include "agent/src/sampler/thread_sample.h"
#include "loadline/clock.h"
#include "loadline/signal.h"

namespace loadline::agent {

// One thread as read once.
struct ProcLook {
  // Whether it may be the same thread as `before`: counters only grow, and no thread runs for
  // longer than the time that passed.
  bool MayFollow(const ProcLook& before) const;

  Clock::Time at;  // When the files of this very thread were read.
  ThreadState state = ThreadState::kBlocked;
  ProcSchedStat sched;
  ProcStatus status;
  ProcWait wait;  // Only for kBlocked.
};

// A network wait, or a part of one, whose time is booked for good.
struct ProcPeerWait {
  PeerAddress peer;
  Clock::Duration waited{};
};

// Turns looks at one thread into its counters.
//
//     on-CPU      the kernel's sum: exact. It is up to a tick old while the thread runs.
//     run queue   the kernel's sum of waits that ended: exact. What is open is added while the
//                 thread is queued without having blocked since the look before.
//     blocked     the rest of the wall time: on_cpu + RunQueue() + Blocked() is the wall time since
//                 the first look, by construction.
//     reason      sampled: blocked time between two looks goes to the reasons of the waits seen at
//                 both ends, half to each if both were blocked in different waits, all to the last
//                 one known if neither was. Over many looks the shares come right, as seeing a wait
//                 is as probable as it is long: after n independent looks the share p of a reason
//                 has a standard error of sqrt(p * (1 - p) / n).
//
// Totals never go down. Where more was booked than the kernel then accounts for (a tick of a
// running thread, steal time of a virtual machine) later bookings are smaller by that.
class ProcAccount {
 public:
  // `lived`: wall time to account for before the first look, with sums from zero; nullopt: the
  // thread was there before, and only what follows counts.
  ProcAccount(const ProcLook& first, std::optional<Clock::Duration> lived);

  // Books up to `look`. The run-queue time is left for BookRunQueue(), which must follow.
  void Advance(const ProcLook& look);
  // The thread has not run since the last look: the wait is still the same.
  void AdvanceBlocked(Clock::Time at);

  // Splits what Advance() found: `throttled` of it at most was by the quota, of the rest the
  // fraction `self` was by threads of the same pool.
  Clock::Duration runq_new() const { return runq_new_; }
  bool queued_now() const { return last_.state == ThreadState::kRunnable; }
  void BookRunQueue(Clock::Duration throttled, double self);

  const ProcLook& last() const { return last_; }
  const PoolCounters& counters() const { return counters_; }
  Clock::Duration on_cpu_new() const { return on_cpu_new_; }
  // Since a look saw the thread as it is now: a lower bound of the age.
  Clock::Duration in_state() const { return last_.at - state_since_; }
  // By how much more is booked than the wall time allows.
  Clock::Duration overbooked() const { return overbooked_; }
  // Moves out network waits that were booked and ended.
  std::vector<ProcPeerWait> TakePeerWaits();
  // The thread is gone: its open wait has ended.
  void End();

 private:
  void BookGap(Clock::Duration gap, const ProcLook& look, bool same_wait);
  void BookBlocked(const ProcWait& wait, Clock::Duration time, bool open);

  ProcSchedStat base_;
  std::int64_t base_voluntary_ = 0;
  std::int64_t base_involuntary_ = 0;
  Clock::Time counted_from_;
  Clock::Time state_since_;
  ProcLook last_;
  ProcWait last_wait_;  // The last one seen, also if the thread runs now.
  PoolCounters counters_;
  Clock::Duration runq_booked_{};
  Clock::Duration runq_new_{};
  Clock::Duration on_cpu_new_{};
  Clock::Duration overbooked_{};
  Clock::Duration open_network_{};  // Booked for the wait in progress.
  std::vector<ProcPeerWait> peer_waits_;
};

}  // namespace loadline::agent
