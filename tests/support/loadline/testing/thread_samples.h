// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <chrono>
#include <string>
#include <utility>

#include "agent/src/sampler/thread_sample.h"

namespace loadline::testing {

// A thread that runs, to be bent to what a test needs.
inline agent::ThreadSample Thread(pid_t tgid, pid_t tid, agent::ThreadName name) {
  agent::ThreadSample thread;
  thread.tid = thread.tid_inner = tid;
  thread.tgid = tgid;
  thread.started_at_ns = static_cast<std::uint64_t>(tid) * 1000;
  thread.name = name;
  thread.state = agent::ThreadState::kRunning;
  return thread;
}

inline agent::ThreadSample Waiting(agent::ThreadSample thread, WaitReason reason,
                                   Clock::Duration age = std::chrono::milliseconds{1}) {
  thread.state = agent::ThreadState::kBlocked;
  thread.reason = reason;
  thread.in_state = age;
  thread.counters.blocked[static_cast<std::size_t>(reason)] += age;
  return thread;
}

inline agent::ThreadSample WaitingFor(agent::ThreadSample thread, std::string peer,
                                      Clock::Duration age = std::chrono::milliseconds{1}) {
  thread = Waiting(std::move(thread), WaitReason::kNetwork, age);
  thread.peer.text = std::move(peer);
  return thread;
}

inline agent::ThreadSample WithCpu(agent::ThreadSample thread, Clock::Duration on_cpu) {
  thread.counters.on_cpu = on_cpu;
  return thread;
}

}  // namespace loadline::testing
