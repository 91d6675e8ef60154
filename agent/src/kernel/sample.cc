// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/sample.h"

#include <string.h>

#include <algorithm>
#include <string>

#include "agent/src/kernel/peer_text.h"

namespace loadline::agent {
namespace {

using Duration = Clock::Duration;

Duration Nanoseconds(std::uint64_t ns) { return Duration{static_cast<Duration::rep>(ns)}; }

std::uint64_t Since(std::uint64_t then_ns, std::uint64_t now_ns) {
  return now_ns > then_ns ? now_ns - then_ns : 0;
}

// Of an open wait, the part in which the thread has been woken and is queued for a CPU.
std::uint64_t Queued(const ll_record& record, std::uint64_t open_ns, std::uint64_t now_ns) {
  const std::uint64_t here_ns = record.queued_ns == 0 ? 0 : Since(record.queued_ns, now_ns);
  return std::min<std::uint64_t>(open_ns, record.queued_before_ns + here_ns);
}

// What a queue that is still open counts as: what the walk could tell, the rest is not attributed.
void AddQueued(const ll_record* record, std::uint64_t queued_ns, PoolCounters& out) {
  const std::uint64_t self_ns =
      record == nullptr ? 0 : std::min<std::uint64_t>(record->queued_self_ns, queued_ns);
  const std::uint64_t neighbour_ns =
      record == nullptr ? 0
                        : std::min<std::uint64_t>(record->queued_neighbour_ns, queued_ns - self_ns);
  out.runq_self += Nanoseconds(self_ns);
  out.runq_neighbour += Nanoseconds(neighbour_ns);
  out.runq_unattributed += Nanoseconds(queued_ns - self_ns - neighbour_ns);
}

void AddWait(const ll_slot& slot, const ll_record* record, std::uint64_t now_ns,
             ThreadSample& out) {
  const std::uint64_t open_ns = Since(slot.since_ns, now_ns);
  const std::uint64_t queued_ns = record == nullptr ? 0 : Queued(*record, open_ns, now_ns);
  out.reason = static_cast<WaitReason>(slot.reason % kWaitReasonCount);
  out.counters.blocked[slot.reason % kWaitReasonCount] += Nanoseconds(open_ns - queued_ns);
  AddQueued(record, queued_ns, out.counters);
  out.state = ThreadState::kBlocked;
  out.in_state = Nanoseconds(open_ns);
  if (record == nullptr) {
    out.futex = slot.wait_addr;
    return;
  }
  if (record->queued_ns != 0) {
    out.state = ThreadState::kRunnable;
    out.in_state = Nanoseconds(queued_ns);
    return;
  }
  out.in_state = Nanoseconds(Since(record->began_ns, now_ns));
  out.peer.text = PeerText(record->peer);
  out.futex = slot.wait_addr;
}

void AddQueue(const ll_slot& slot, const ll_record* record, std::uint64_t now_ns,
              ThreadSample& out) {
  const std::uint64_t open_ns = Since(slot.since_ns, now_ns);
  if (slot.reason != 0) {
    out.counters.runq_throttled += Nanoseconds(open_ns);
  } else {
    AddQueued(record, open_ns, out.counters);
  }
  out.state = ThreadState::kRunnable;
  out.in_state = Nanoseconds(open_ns);
}

// Of a thread that is not counted: what the walk saw. A wait that began since is known by its age.
void AddState(const ll_slot& slot, const ll_record& record, std::uint64_t now_ns,
              ThreadSample& out) {
  out.in_state = Nanoseconds(Since(record.began_ns, now_ns));
  switch (record.state) {
    case LL_STATE_BLOCKED:
      out.state = ThreadState::kBlocked;
      out.reason = static_cast<WaitReason>(slot.reason % kWaitReasonCount);
      return;
    case LL_STATE_RUNNABLE:
      out.state = ThreadState::kRunnable;
      return;
    default:
      out.state = ThreadState::kRunning;
  }
}

}  // namespace

PoolCounters CountersFrom(const ll_totals& totals) {
  PoolCounters out;
  out.on_cpu = Nanoseconds(totals.on_cpu_ns);
  out.runq_self = Nanoseconds(totals.runq_self_ns);
  out.runq_neighbour = Nanoseconds(totals.runq_neighbour_ns);
  out.runq_throttled = Nanoseconds(totals.runq_throttled_ns);
  out.runq_unattributed = Nanoseconds(totals.runq_unattributed_ns);
  std::transform(std::begin(totals.blocked_ns), std::end(totals.blocked_ns), out.blocked.begin(),
                 Nanoseconds);
  out.switches_voluntary = static_cast<std::int64_t>(totals.switches_voluntary);
  out.switches_involuntary = static_cast<std::int64_t>(totals.switches_involuntary);
  return out;
}

void FillSample(const ll_slot& slot, const ll_record& record, std::uint64_t now_ns,
                ThreadSample& out) {
  out.tid = static_cast<pid_t>(slot.tid);
  out.tgid = static_cast<pid_t>(slot.tgid);
  out.tid_inner = static_cast<pid_t>(slot.tid_inner);
  out.started_at_ns = slot.started_ns;
  out.kernel = record.kernel != 0;
  out.pool_number = record.pool;
  out.name = std::string_view(slot.name, sizeof(slot.name));
  out.counters = CountersFrom(slot.totals);
  out.loop_ran = Nanoseconds(slot.totals.loop_ran_ns);
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
    default:
      out.state = ThreadState::kRunning;
      out.in_state = Nanoseconds(Since(slot.since_ns, now_ns));
      out.counters.on_cpu += out.in_state;
  }
}

}  // namespace loadline::agent
