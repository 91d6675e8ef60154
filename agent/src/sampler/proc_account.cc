// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/proc_account.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <utility>

namespace loadline::agent {
namespace {

// A thread's time on the CPU is up to a tick old while it runs.
constexpr Clock::Duration kTicks = std::chrono::milliseconds(20);

using Duration = Clock::Duration;

Duration Since(std::uint64_t now_ns, std::uint64_t base_ns) {
  return Duration{static_cast<Duration::rep>(now_ns > base_ns ? now_ns - base_ns : 0)};
}

}  // namespace

bool ProcLook::MayFollow(const ProcLook& before) const {
  return sched.on_cpu_ns >= before.sched.on_cpu_ns &&
         sched.run_delay_ns >= before.sched.run_delay_ns && sched.runs >= before.sched.runs &&
         status.voluntary >= before.status.voluntary &&
         status.involuntary >= before.status.involuntary &&
         Since(sched.on_cpu_ns, before.sched.on_cpu_ns) <= at - before.at + kTicks;
}

ProcAccount::ProcAccount(const ProcLook& first, std::optional<Duration> lived)
    : counted_from_(first.at - lived.value_or(Duration::zero())),
      state_since_(first.at),
      last_(first),
      last_wait_(first.wait) {
  if (!lived) {
    base_ = first.sched;
    base_voluntary_ = first.status.voluntary;
    base_involuntary_ = first.status.involuntary;
    return;
  }
  // From zero up to now in one step. It was not blocked when it began.
  last_.at = counted_from_;
  last_.state = ThreadState::kRunnable;
  last_.sched = {};
  last_.status = {};
  Advance(first);
}

void ProcAccount::Advance(const ProcLook& look) {
  const Duration on_cpu = std::max(counters_.on_cpu, Since(look.sched.on_cpu_ns, base_.on_cpu_ns));
  on_cpu_new_ = on_cpu - counters_.on_cpu;
  counters_.on_cpu = on_cpu;
  const Duration runq = std::max(runq_booked_, Since(look.sched.run_delay_ns, base_.run_delay_ns));
  runq_new_ += runq - runq_booked_;
  runq_booked_ = runq;
  counters_.switches_voluntary =
      std::max(counters_.switches_voluntary, look.status.voluntary - base_voluntary_);
  counters_.switches_involuntary =
      std::max(counters_.switches_involuntary, look.status.involuntary - base_involuntary_);

  const bool both_blocked =
      last_.state == ThreadState::kBlocked && look.state == ThreadState::kBlocked;
  const bool same_wait = both_blocked && last_.sched.runs == look.sched.runs;
  const Duration gap =
      look.at - counted_from_ - counters_.on_cpu - runq_booked_ - counters_.Blocked();
  overbooked_ = std::max(Duration::zero(), -gap);
  if (gap > Duration::zero()) {
    BookGap(gap, look, same_wait);
  }
  if (!same_wait && open_network_ > Duration::zero()) {
    peer_waits_.push_back({last_.wait.peer, std::exchange(open_network_, Duration::zero())});
  }
  if (look.state != last_.state || (both_blocked && !same_wait)) {
    state_since_ = look.at;
  }
  last_ = look;
  if (look.state == ThreadState::kBlocked) {
    last_wait_ = look.wait;
  }
}

void ProcAccount::AdvanceBlocked(Clock::Time at) {
  ProcLook look = last_;
  look.at = at;
  Advance(look);
}

void ProcAccount::BookGap(Duration gap, const ProcLook& look, bool same_wait) {
  const bool was_blocked = last_.state == ThreadState::kBlocked;
  const bool is_blocked = look.state == ThreadState::kBlocked;
  if (!was_blocked && !is_blocked && look.status.voluntary == last_.status.voluntary) {
    if (look.state == ThreadState::kRunning) {
      counters_.on_cpu += gap;
      on_cpu_new_ += gap;
    } else {
      runq_booked_ += gap;
      runq_new_ += gap;
    }
    return;
  }
  if (same_wait) {
    BookBlocked(last_.wait, gap, true);
    return;
  }
  if (was_blocked && is_blocked) {
    BookBlocked(last_.wait, gap / 2, false);
    BookBlocked(look.wait, gap - gap / 2, false);
    return;
  }
  BookBlocked(was_blocked ? last_.wait : is_blocked ? look.wait : last_wait_, gap, false);
}

void ProcAccount::BookBlocked(const ProcWait& wait, Duration time, bool open) {
  counters_.blocked_for(wait.reason) += time;
  if (wait.reason != WaitReason::kNetwork) {
    return;
  }
  if (open) {
    open_network_ += time;
  } else {
    peer_waits_.push_back({wait.peer, time});
  }
}

void ProcAccount::BookRunQueue(Duration throttled, double self) {
  const Duration by_quota = std::clamp(throttled, Duration::zero(), runq_new_);
  const Duration rest = std::exchange(runq_new_, Duration::zero()) - by_quota;
  const Duration own{std::llround(static_cast<double>(rest.count()) * self)};
  counters_.runq_throttled += by_quota;
  counters_.runq_self += own;
  counters_.runq_neighbour += rest - own;
}

std::vector<ProcPeerWait> ProcAccount::TakePeerWaits() { return std::exchange(peer_waits_, {}); }

void ProcAccount::End() {
  if (open_network_ > Duration::zero()) {
    peer_waits_.push_back({last_.wait.peer, std::exchange(open_network_, Duration::zero())});
  }
}

}  // namespace loadline::agent
