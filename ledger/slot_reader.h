// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <cstring>

#include "loadline_abi/ledger.h"

namespace loadline {

// ThreadSanitizer knows no fences, nor what the kernel writes.
inline void AfterTheLoadsBefore() {
#if defined(__SANITIZE_THREAD__)
  std::atomic_signal_fence(std::memory_order_acquire);
#else
  std::atomic_thread_fence(std::memory_order_acquire);
#endif
}

// Calls `use` while the slot is as the kernel left it between two switches, until it was so all the
// time: `use` runs again if not. It is not called while the kernel writes. False: there was no such
// moment, which takes a writer that stands still in the middle of a switch.
//
// Source: a sequence lock, with plain loads. On machines that reorder loads the fences do the work;
// the kernel's stores are ordered on x86-64, and on arm64 by the context switch around them.
template <typename Use>
bool ReadConsistently(const ll_slot& slot, Use use) {
  constexpr int kTries = 1000;  // The kernel is done within 100 ns.
  for (int tries = 0; tries < kTries; ++tries) {
    const __u32 before = __atomic_load_n(&slot.seq, __ATOMIC_ACQUIRE);
    if (before % 2 != 0) {
      continue;
    }
    use();
    AfterTheLoadsBefore();
    if (__atomic_load_n(&slot.seq, __ATOMIC_RELAXED) == before) {
      return true;
    }
  }
  return false;
}

// The same for a copy of all of it.
inline bool ReadSlot(const ll_slot& slot, ll_slot& copy) {
  return ReadConsistently(slot, [&] { std::memcpy(&copy, &slot, sizeof copy); });
}

}  // namespace loadline
