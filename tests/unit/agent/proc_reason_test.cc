// SPDX-License-Identifier: Apache-2.0
// Goal: /proc gives the same reason for a wait as the probes would.
// Method: one row per rule: what the files say, and the reason. Calls by name, so that the table is
// checked against this machine's numbers.
#include "agent/src/sampler/proc_reason.h"

#include <linux/futex.h>
#include <sys/syscall.h>

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace loadline::agent {
namespace {

using enum WaitReason;

constexpr std::uint64_t kIdleFutex = 0x1d1e;
constexpr std::uint64_t kSocket = 5;
constexpr std::uint64_t kFile = 6;

class Targets final : public ProcWaitTargets {
 public:
  ProcWait OfDescriptor(std::uint64_t fd) override {
    return fd == kSocket ? ProcWait{kNetwork, {"10.0.0.5:5432"}} : ProcWait{kDisk, {}};
  }
  ProcWait OfPoll(const ProcCall& /*call*/) override { return {kPoll, {}}; }
  ProcWait OfSelect(const ProcCall& /*call*/) override { return {kSleep, {}}; }
  bool IsIdleAddress(std::uint64_t futex) override { return futex == kIdleFutex; }
  bool IsJvm() override { return is_jvm; }
  bool is_jvm = false;
};

ProcWait Classify(const ProcWaitFacts& facts) {
  Targets targets;
  return ClassifyWait(facts, targets);
}

ProcCall Call(std::int64_t number, std::uint64_t first = 0, std::uint64_t second = 0,
              std::uint64_t third = 0) {
  return {.number = number, .arguments = {first, second, third, 0, 0, 0}};
}

constexpr std::uint64_t kPrivate = FUTEX_PRIVATE_FLAG;
constexpr std::uint64_t kRealtime = FUTEX_CLOCK_REALTIME;

struct Row {
  std::string name;
  ProcCall call;
  WaitReason reason;
};

TEST(ProcReasonTest, ASleepIsForWhatTheCallSays) {
  const std::vector<Row> rows = {
      {"glibc mutex", Call(SYS_futex, 1, FUTEX_WAIT | kPrivate, 2), kLock},
      {"absl::Mutex", Call(SYS_futex, 1, FUTEX_WAIT | kPrivate, 0), kSync},
      {"PI mutex", Call(SYS_futex, 1, FUTEX_LOCK_PI | kPrivate, 0), kLock},
      {"condition", Call(SYS_futex, 1, FUTEX_WAIT_BITSET | kPrivate | kRealtime, 0), kCondition},
      {"condition, monotonic", Call(SYS_futex, 1, FUTEX_WAIT_BITSET | kPrivate, 0), kCondition},
      {"thread::park of Rust", Call(SYS_futex, 1, FUTEX_WAIT_BITSET | kPrivate, 0xffffffff), kSync},
      {"rwlock", Call(SYS_futex, 1, FUTEX_WAIT_BITSET | kPrivate, 3), kLock},
      {"std::counting_semaphore", Call(SYS_futex, 1, FUTEX_WAIT_BITSET, 0), kSync},
      {"idle, by the pool's word", Call(SYS_futex, kIdleFutex, FUTEX_WAIT_BITSET | kPrivate, 0),
       kIdle},
      {"recv", Call(SYS_recvfrom, kSocket), kNetwork},
      {"read of a socket", Call(SYS_read, kSocket), kNetwork},
      {"read of a file", Call(SYS_read, kFile), kDisk},
      {"epoll", Call(SYS_epoll_pwait, 3), kPoll},
      {"accept", Call(SYS_accept4, 3), kPoll},
      {"ppoll", Call(SYS_ppoll, 1, 2), kPoll},
      {"pselect", Call(SYS_pselect6), kSleep},
      {"sleep", Call(SYS_clock_nanosleep), kSleep},
      {"child", Call(SYS_wait4), kChild},
      {"sigsuspend", Call(SYS_rt_sigsuspend), kSignal},
      {"flock", Call(SYS_flock, 3), kFileLock},
      {"message queue", Call(SYS_msgrcv), kIpc},
      {"semop", Call(SYS_semtimedop), kSync},
      {"fault", Call(-1), kPageFault},
      {"not in the table", Call(SYS_getpid), kOther},
      {"beyond the table", Call(100'000), kOther},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(Name(Classify({.state = 'S', .call = row.call}).reason), Name(row.reason));
  }
}

TEST(ProcReasonTest, InAJavaVirtualMachineAConditionMayBeALock) {
  Targets targets;
  targets.is_jvm = true;
  const auto reason = [&targets](std::uint64_t value) {
    const ProcCall call = Call(SYS_futex, 1, FUTEX_WAIT_BITSET | kPrivate | kRealtime, value);
    return ClassifyWait({.state = 'S', .call = call}, targets).reason;
  };
  EXPECT_EQ(reason(0), kSync);
  EXPECT_EQ(reason(2), kLock);
}

TEST(ProcReasonTest, ANetworkWaitNamesItsPeer) {
  EXPECT_EQ(Classify({.state = 'S', .call = Call(SYS_recvfrom, kSocket)}).peer.text,
            "10.0.0.5:5432");
}

TEST(ProcReasonTest, ADeepSleepIsTheKernelsWhateverTheCallIs) {
  struct Deep {
    std::optional<ProcCall> call;
    std::string_view wchan;
    WaitReason reason;
  };
  const std::vector<Deep> rows = {
      {Call(SYS_fsync, kFile), "", kDisk},
      {Call(SYS_read, kFile), "", kDisk},
      {Call(SYS_read, kSocket), "", kKernelLock},
      {Call(SYS_rename), "", kDisk},
      {Call(SYS_openat), "", kDisk},
      {Call(SYS_membarrier), "", kKernelLock},
      {Call(SYS_mmap), "", kKernelLock},
      {Call(SYS_epoll_pwait), "down_read", kKernelLock},
      {Call(SYS_write, kFile), "balance_dirty_pages", kMemory},
      {Call(SYS_clone), "", kChild},
      {Call(-1), "", kPageFault},
      {Call(-1), "folio_wait_bit_common", kPageFault},
      {Call(-1), "lock_mm_and_find_vma", kKernelLock},
      {std::nullopt, "", kDisk},
      {std::nullopt, "rwsem_down_read_slowpath", kKernelLock},
  };
  for (const Deep& row : rows) {
    SCOPED_TRACE(row.wchan);
    EXPECT_EQ(Name(Classify({.state = 'D', .call = row.call, .wchan = row.wchan}).reason),
              Name(row.reason));
  }
}

TEST(ProcReasonTest, TheStateGoesBeforeTheCall) {
  for (const char state : {'T', 't', 'P'}) {
    EXPECT_EQ(Classify({.state = state, .call = Call(SYS_recvfrom, kSocket)}).reason, kStopped);
  }
  EXPECT_EQ(Classify({.state = 'I', .kernel = true}).reason, kIdle);
  EXPECT_EQ(Classify({.state = 'S', .kernel = true}).reason, kIdle);
}

TEST(ProcReasonTest, AStoppedThreadIsStoppedBySomebody) {
  EXPECT_EQ(Classify({.state = 'T'}).holder, Holder::kSignal);
  EXPECT_EQ(Classify({.state = 't'}).holder, Holder::kTracer);
  EXPECT_EQ(Classify({.state = 'P'}).holder, Holder::kUnknown);
  EXPECT_EQ(Classify({.state = 'S', .call = Call(SYS_pause)}).holder, Holder::kNone);
}

TEST(ProcReasonTest, AFrozenThreadIsStoppedWhateverItWaitsFor) {
  struct Frozen {
    char state;
    std::int64_t call;
    Freezing freezing;
    WaitReason reason;
    Holder holder = Holder::kFreezer;
  };
  for (const Frozen& row : {
           Frozen{'S', -1, Freezing::kVersion2, kStopped},  // It was running.
           Frozen{'S', SYS_recvfrom, Freezing::kVersion2, kStopped},
           Frozen{'S', SYS_futex, Freezing::kVersion1, kStopped},  // Left in its wait, before 6.1.
           Frozen{'D', SYS_recvfrom, Freezing::kVersion1, kStopped},
           Frozen{'D', SYS_fsync, Freezing::kVersion2, kDisk,
                  Holder::kNone},  // Is to be frozen after that.
           Frozen{'T', -1, Freezing::kVersion1, kStopped, Holder::kSignal},
       }) {
    SCOPED_TRACE(row.state);
    const ProcWait wait =
        Classify({.state = row.state, .call = Call(row.call, kSocket), .freezing = row.freezing});
    EXPECT_EQ(Name(wait.reason), Name(row.reason));
    EXPECT_EQ(Name(wait.holder), Name(row.holder));
  }
  EXPECT_EQ(Classify({.state = 'S', .wchan = "get_signal"}).holder, Holder::kFreezer);
  EXPECT_EQ(Classify({.state = 'S', .kernel = true, .freezing = Freezing::kVersion1}).reason,
            kIdle);
}

TEST(ProcReasonTest, WithoutTheRightToTraceTheFunctionSaysLess) {
  EXPECT_EQ(Classify({.state = 'S', .wchan = "futex_wait_queue"}).reason, kSync);
  EXPECT_EQ(Classify({.state = 'S', .wchan = "wait_woken"}).reason, kNetwork);
  EXPECT_EQ(Classify({.state = 'S'}).reason, kOther);
}

TEST(ProcReasonTest, ACallTakenUpAgainIsKnownByItsFunction) {
  EXPECT_EQ(
      Classify({.state = 'S', .call = Call(SYS_restart_syscall), .wchan = "hrtimer_nanosleep"})
          .reason,
      kSleep);
}

}  // namespace
}  // namespace loadline::agent
