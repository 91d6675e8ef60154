// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/sample.h"

#include <algorithm>
#include <string_view>

#include "absl/hash/hash.h"
#include "agent/src/kernel/peer_text.h"
#include "ledger/counters.h"

namespace loadline::agent {
namespace {

using Duration = Clock::Duration;

// Of an open wait, the part in which the thread has been woken and is queued for a CPU.
Duration Queued(const ll_record& record, Duration open, std::uint64_t now_ns) {
  const Duration here = record.queued_ns == 0 ? Duration{} : Since(record.queued_ns, now_ns);
  return std::min(open, Nanoseconds(record.queued_before_ns) + here);
}

// What a queue that is still open counts as: what the walk could tell, the rest is not attributed.
void AddQueued(const ll_record* record, Duration queued, PoolCounters& out) {
  if (record != nullptr) {
    const Duration throttled = std::min(Nanoseconds(record->queued_throttled_ns), queued);
    out.runq_throttled += throttled;
    queued -= throttled;
    const Duration self = std::min(Nanoseconds(record->queued_self_ns), queued);
    const Duration neighbour = std::min(Nanoseconds(record->queued_neighbour_ns), queued - self);
    out.runq_self += self;
    out.runq_neighbour += neighbour;
    queued -= self + neighbour;
  }
  out.runq_unattributed += queued;
}

// What the wait is on, by its address.
void AddTarget(const ll_slot& slot, ThreadSample& out) {
  if (out.reason != WaitReason::kStopped) {
    out.futex = slot.wait_addr;
  } else if (slot.reason == LL_WAIT_STOPPED) {
    out.holder = HolderFrom(slot.wait_addr);
  } else {  // Frozen in the middle of a wait.
    out.holder = Holder::kFreezer;
  }
}

void AddWait(const ll_slot& slot, const ll_record* record, std::uint64_t now_ns,
             ThreadSample& out) {
  const Duration open = Since(slot.since_ns, now_ns);
  const Duration queued = record == nullptr ? Duration{} : Queued(*record, open, now_ns);
  out.reason = WaitReasonFrom(slot.reason);
  const Duration frozen =
      record == nullptr ? Duration{} : std::min(Nanoseconds(record->frozen_ns), open - queued);
  CounterOfOpenInterval(slot, out.counters) += open - queued - frozen;
  out.counters.blocked_for(WaitReason::kStopped) += frozen;
  AddQueued(record, queued, out.counters);
  out.state = ThreadState::kBlocked;
  out.in_state = open;
  if (record == nullptr) {
    AddTarget(slot, out);
    return;
  }
  if (record->queued_ns != 0) {
    out.state = ThreadState::kRunnable;
    out.in_state = queued;
    return;
  }
  out.in_state = Since(record->began_ns, now_ns);
  if (record->reason == LL_WAIT_STOPPED) {
    out.reason = WaitReason::kStopped;
  } else {
    out.peer.text = PeerText(record->peer);
    out.asks = AsksFrom(record->peer.asks);
    out.place = PlaceOf(record->polled);
  }
  AddTarget(slot, out);
}

// Of any other interval: what it counts as, the slot says.
void AddRest(const ll_slot& slot, std::uint64_t now_ns, ThreadState state, ThreadSample& out) {
  out.state = state;
  out.in_state = Since(slot.since_ns, now_ns);
  CounterOfOpenInterval(slot, out.counters) += out.in_state;
}

void AddQueue(const ll_slot& slot, const ll_record* record, std::uint64_t now_ns,
              ThreadSample& out) {
  out.state = ThreadState::kRunnable;
  out.in_state = Since(slot.since_ns, now_ns);
  AddQueued(record, out.in_state, out.counters);
}

// Of a thread that is not counted: what the walk saw. A wait that began since is known by its age.
void AddState(const ll_slot& slot, const ll_record& record, std::uint64_t now_ns,
              ThreadSample& out) {
  out.in_state = Since(record.began_ns, now_ns);
  switch (record.state) {
    case LL_STATE_BLOCKED:
      out.state = ThreadState::kBlocked;
      out.reason = WaitReasonFrom(slot.reason);
      return;
    case LL_STATE_RUNNABLE:
    case LL_STATE_THROTTLED:
      out.state = ThreadState::kRunnable;
      return;
    default:
      out.state = ThreadState::kRunning;
  }
}

}  // namespace

// Addresses of the kernel are nobody's business: the hash is another in each process.
std::uint64_t PlaceOf(std::uint64_t file) {
  return file == 0 ? 0 : std::max<std::uint64_t>(absl::HashOf(file), 1);
}

Asks AsksFrom(std::uint8_t number) {
  switch (number) {
    case LL_ASKS_ANSWER:
      return Asks::kAnswer;
    case LL_ASKS_WORK:
      return Asks::kWork;
    case LL_ASKS_REQUEST:
      return Asks::kRequest;
    default:
      return Asks::kUnknown;
  }
}

void FillSample(const ll_slot& slot, const ll_record& record, std::uint64_t now_ns,
                ThreadSample& out) {
  out.tid = static_cast<pid_t>(slot.tid);
  out.tgid = static_cast<pid_t>(slot.tgid);
  out.tid_inner = static_cast<pid_t>(slot.tid_inner);
  out.started_at_ns = slot.started_ns;
  out.kernel = record.kernel != 0;
  out.pool_number = record.pool;
  out.name = std::string_view(record.name, sizeof(record.name));
  out.counters = CountersFrom(slot.totals);
  out.loop_ran = Nanoseconds(std::uint64_t{slot.loop_ran} << LL_LOOP_RAN_SHIFT);
  // A record of an interval that is over by now says nothing about the one that is open.
  const ll_record* of_interval = record.since_ns == slot.since_ns ? &record : nullptr;
  if (of_interval != nullptr && record.left_out != 0) {
    out.left_out = true;
    AddState(slot, record, now_ns, out);
    return;
  }
  switch (slot.state) {
    case LL_STATE_BLOCKED:
      AddWait(slot, of_interval, now_ns, out);
      break;
    case LL_STATE_RUNNABLE:
      AddQueue(slot, of_interval, now_ns, out);
      break;
    case LL_STATE_THROTTLED:
      AddRest(slot, now_ns, ThreadState::kRunnable, out);
      break;
    default:
      AddRest(slot, now_ns, ThreadState::kRunning, out);
  }
}

}  // namespace loadline::agent
