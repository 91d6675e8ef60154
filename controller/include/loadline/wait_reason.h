// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace loadline {

// What a thread that is not running waits for. One list from kernel to dashboard: the order is that
// of loadline_abi/wait_reason.h and of loadline.v1.WaitReason (a contract test compares the three),
// the names are the label values of metrics. Add at the end, here and in kWaitReasons; never
// reorder.
enum class WaitReason : std::uint8_t {
  kOther,      // Not classified.
  kLock,       // A contended user-space lock.
  kCondition,  // A condition variable: a hand-off.
  kSync,       // A futex that may be either of the two.
  kNetwork,    // A socket with a remote peer.
  kIpc,        // Pipe, eventfd, Unix socket, terminal.
  kDisk,
  kMemory,  // Reclaim or refault.
  kPageFault,
  kPoll,  // Many descriptors: an event loop.
  kSleep,
  kChild,
  kSignal,
  kKernelLock,  // mmap_lock and friends.
  kStopped,     // Stopped, traced, frozen.
  kIdle,        // Waiting for work, on evidence.
  kFileLock,    // A lock on a file, which another process may hold.
};

// What waits are added up as where it matters less which reason it is.
enum class WaitKind : std::uint8_t { kElse, kLock, kCondition, kDisk, kMemory };
inline constexpr std::size_t kWaitKindCount = 5;

// What the project has to know of a reason. Nothing else asks which reason it is, but where the one
// reason itself is meant.
struct WaitReasonInfo {
  WaitReason reason;
  std::string_view name;
  WaitKind kind = WaitKind::kElse;
  // A queue for a lock, to the law of a service: part of its own queue.
  bool lock_queue = false;
  // Work stands still while a thread waits for it.
  bool blocks_work = false;
  // Counts where pools are ranked, as there is room for some only: a shell that waits for the pipe
  // of its child ranks behind.
  bool ranks = false;
  // Waiting for work, on evidence: the service said so, or it is an event loop.
  bool idle = false;
  // Of threads of the kernel itself: work. All else, they have nothing to do.
  bool kernel_work = false;
  // A signal, a tracer or a freezer stopped the thread: this is neither work nor idleness.
  bool stopped = false;
  // There is a far end to it, a peer.
  bool has_peer = false;
};

inline constexpr auto kWaitReasons = std::to_array<WaitReasonInfo>({
    {.reason = WaitReason::kOther, .name = "other", .blocks_work = true},
    {.reason = WaitReason::kLock,
     .name = "lock",
     .kind = WaitKind::kLock,
     .lock_queue = true,
     .blocks_work = true,
     .ranks = true},
    {.reason = WaitReason::kCondition,
     .name = "condition",
     .kind = WaitKind::kCondition,
     .blocks_work = true,
     .ranks = true},
    {.reason = WaitReason::kSync,
     .name = "sync",
     .kind = WaitKind::kCondition,
     .blocks_work = true,
     .ranks = true},
    {.reason = WaitReason::kNetwork,
     .name = "network",
     .blocks_work = true,
     .ranks = true,
     .has_peer = true},
    {.reason = WaitReason::kIpc, .name = "ipc", .blocks_work = true, .has_peer = true},
    {.reason = WaitReason::kDisk,
     .name = "disk",
     .kind = WaitKind::kDisk,
     .blocks_work = true,
     .ranks = true,
     .kernel_work = true},
    {.reason = WaitReason::kMemory,
     .name = "memory",
     .kind = WaitKind::kMemory,
     .blocks_work = true,
     .ranks = true,
     .kernel_work = true},
    {.reason = WaitReason::kPageFault,
     .name = "page_fault",
     .kind = WaitKind::kMemory,
     .blocks_work = true,
     .ranks = true,
     .kernel_work = true},
    {.reason = WaitReason::kPoll, .name = "poll", .idle = true},
    {.reason = WaitReason::kSleep, .name = "sleep"},
    {.reason = WaitReason::kChild, .name = "child"},
    {.reason = WaitReason::kSignal, .name = "signal"},
    {.reason = WaitReason::kKernelLock,
     .name = "kernel_lock",
     .kind = WaitKind::kLock,
     .blocks_work = true,
     .ranks = true,
     .kernel_work = true},
    {.reason = WaitReason::kStopped, .name = "stopped", .stopped = true},
    {.reason = WaitReason::kIdle, .name = "idle", .idle = true},
    {.reason = WaitReason::kFileLock,
     .name = "file_lock",
     .kind = WaitKind::kLock,
     .lock_queue = true,
     .blocks_work = true,
     .ranks = true},
});

inline constexpr int kWaitReasonCount = static_cast<int>(kWaitReasons.size());

static_assert(
    [] {
      for (std::size_t i = 0; i < kWaitReasons.size(); ++i) {
        if (kWaitReasons[i].reason != static_cast<WaitReason>(i)) {
          return false;
        }
      }
      return true;
    }(),
    "each reason's row stands at its number");

constexpr const WaitReasonInfo& Info(WaitReason reason) noexcept {
  return kWaitReasons[static_cast<std::size_t>(reason)];
}

constexpr std::string_view Name(WaitReason reason) noexcept { return Info(reason).name; }

// From outside. What is not known is kOther: who sends it may be newer.
constexpr WaitReason WaitReasonFrom(std::uint64_t number) noexcept {
  return number < kWaitReasons.size() ? static_cast<WaitReason>(number) : WaitReason::kOther;
}

}  // namespace loadline
