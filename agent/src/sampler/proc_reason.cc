// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/proc_reason.h"

#include <linux/futex.h>

#include <array>
#include <cstddef>

#include "agent/src/sampler/proc_wchan.h"
#include "loadline_abi/wait_reason.h"

namespace loadline::agent {
namespace {

using enum WaitReason;

constexpr std::uint32_t kCommandBits = 0x7f;

// One more than the largest number in the table, of either machine.
constexpr std::size_t kCallsMax = 512;

constexpr auto kClassOfCall = [] {
  std::array<std::uint8_t, kCallsMax> classes{};
  const auto set = [&classes](int call_class, int x86_64, int arm64) {
#if defined(__x86_64__)
    const int number = x86_64;
    (void)arm64;
#elif defined(__aarch64__)
    const int number = arm64;
    (void)x86_64;
#else
#error "the numbers of this machine's system calls are missing in loadline_abi/wait_reason.h"
#endif
    if (number >= 0) {
      classes[static_cast<std::size_t>(number)] = static_cast<std::uint8_t>(call_class);
    }
  };
#define LL_CALL_ENTRY(call_class, x86_64, arm64) set(call_class, x86_64, arm64);
  LL_CALLS(LL_CALL_ENTRY)
#undef LL_CALL_ENTRY
  return classes;
}();

std::uint8_t ClassOf(const ProcCall& call) {
  const auto number = static_cast<std::uint64_t>(call.number);
  return number < kCallsMax ? kClassOfCall[number] : std::uint8_t{LL_WAIT_OTHER};
}

// The condition variables and semaphores of glibc wait for 0, since 2.41 for a running number; its
// rwlocks and timed mutexes, and Rust's, for 2 or 3. Rust's thread::park waits for -1.
WaitReason OfPrivateBitset(std::uint32_t value, ProcWaitTargets& targets) {
  if (value == 2 || value == 3) {
    return kLock;
  }
  return value == 0xffffffff || targets.IsJvm() ? kSync : kCondition;
}

// glibc's mutex waits with WAIT and the value 2. Others cannot be told. See bpf/lib/reason.bpf.h,
// which decides the same.
WaitReason OfFutex(const ProcCall& call, ProcWaitTargets& targets) {
  const auto operation = static_cast<std::uint32_t>(call.arguments[1]);
  const auto value = static_cast<std::uint32_t>(call.arguments[2]);
  switch (operation & kCommandBits) {
    case FUTEX_LOCK_PI:
    case FUTEX_LOCK_PI2:
      return kLock;
    case FUTEX_WAIT:
      return value == 2 ? kLock : kSync;
    case FUTEX_WAIT_BITSET:
      return (operation & FUTEX_PRIVATE_FLAG) == 0 ? kSync : OfPrivateBitset(value, targets);
    case FUTEX_WAIT_REQUEUE_PI:
      return kCondition;
    default:
      return kSync;
  }
}

ProcWait OfCall(const ProcWaitFacts& facts, ProcWaitTargets& targets) {
  const ProcCall& call = *facts.call;
  if (call.number < 0) {
    return {kPageFault, {}};
  }
  switch (const std::uint8_t call_class = ClassOf(call)) {
    case LL_CALL_FUTEX:
      return {targets.IsIdleAddress(call.arguments[0]) ? kIdle : OfFutex(call, targets),
              {},
              call.arguments[0]};
    case LL_CALL_FD:
      return targets.OfDescriptor(call.arguments[0]);
    case LL_CALL_POLL:
      return targets.OfPoll(call);
    case LL_CALL_SELECT:
      return targets.OfSelect(call);
    case LL_CALL_POLL_FD:
      return {kPoll, {}};
    case LL_CALL_PROCESS:
      return {kChild, {}};
    case LL_CALL_FILES:
      return {kDisk, {}};
    case LL_CALL_RESTART: {
      ProcWait wait{ReasonOfFunction(facts.wchan).value_or(kOther), {}};
      wait.restarted = wait.reason == kOther;
      return wait;
    }
    default:
      return {static_cast<WaitReason>(call_class), {}};
  }
}

// A wait that no signal ends: the kernel's own, for a device or for one of its locks.
WaitReason Uninterruptible(const ProcWaitFacts& facts, ProcWaitTargets& targets) {
  const std::optional<WaitReason> known = ReasonOfFunction(facts.wchan);
  if (!facts.call) {
    return known.value_or(kDisk);
  }
  if (facts.call->number < 0) {
    return known == kDisk ? kPageFault : known.value_or(kPageFault);
  }
  if (known) {
    return *known;
  }
  switch (ClassOf(*facts.call)) {
    case LL_CALL_PROCESS:
      return kChild;
    case LL_WAIT_DISK:
    case LL_CALL_FILES:
    case LL_WAIT_IPC:  // open
      return kDisk;
    case LL_CALL_FD:
      // Not for data: that wait could be ended.
      return targets.OfDescriptor(facts.call->arguments[0]).reason == kDisk ? kDisk : kKernelLock;
    default:  // Something inside the kernel: as good as one of its locks.
      return kKernelLock;
  }
}

// Frozen threads of version 2 wait as for a signal. Those of version 1 are shown in a deep sleep,
// or as before 6.1 in the wait that they were in.
bool IsFrozen(const ProcWaitFacts& facts) {
  const bool deep = facts.state == 'D' && facts.freezing == Freezing::kVersion1;
  return facts.freezing != Freezing::kNo && !facts.kernel && (facts.state == 'S' || deep);
}

Holder HolderBy(char state) {
  switch (state) {
    case 'T':
      return Holder::kSignal;
    case 't':
      return Holder::kTracer;
    case 'S':
    case 'D':
      return Holder::kFreezer;
    default:  // Parked, by the kernel; dead.
      return Holder::kUnknown;
  }
}

ProcWait OfState(const ProcWaitFacts& facts, ProcWaitTargets& targets) {
  if (IsFrozen(facts)) {
    return {kStopped, {}};
  }
  switch (facts.state) {
    case 'D':
      return {Uninterruptible(facts, targets), {}};
    case 'I':  // Of the kernel, without work.
      return {kIdle, {}};
    case 'S':
      break;
    default:  // Stopped, traced, parked, dead.
      return {kStopped, {}};
  }
  if (facts.kernel) {
    return {kIdle, {}};
  }
  if (facts.call) {
    return OfCall(facts, targets);
  }
  return {ReasonOfFunction(facts.wchan).value_or(kOther), {}};
}

}  // namespace

ProcWait ClassifyWait(const ProcWaitFacts& facts, ProcWaitTargets& targets) {
  ProcWait wait = OfState(facts, targets);
  if (wait.reason == kStopped) {
    wait.holder = HolderBy(facts.state);
  }
  return wait;
}

}  // namespace loadline::agent
