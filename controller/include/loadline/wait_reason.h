// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

namespace loadline {

// What a thread that is not running waits for. One list from kernel to dashboard: the order is that
// of loadline_abi/wait_reason.h and of loadline.v1.WaitReason (a contract test compares the three),
// the names are the label values of metrics. Add at the end; never reorder.
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
};

inline constexpr int kWaitReasonCount = 16;

inline constexpr std::array<std::string_view, kWaitReasonCount> kWaitReasonNames = {
    "other",      "lock", "condition", "sync",  "network", "ipc",         "disk",    "memory",
    "page_fault", "poll", "sleep",     "child", "signal",  "kernel_lock", "stopped", "idle",
};

constexpr std::string_view Name(WaitReason reason) noexcept {
  return kWaitReasonNames[static_cast<std::size_t>(reason)];
}

}  // namespace loadline
