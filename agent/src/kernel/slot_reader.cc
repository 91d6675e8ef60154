// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/slot_reader.h"

#include <atomic>
#include <cstring>

namespace loadline::agent {

bool ReadSlot(const ll_slot& slot, ll_slot& copy) {
  constexpr int kTries = 1000;  // The kernel is done within 100 ns.
  for (int tries = 0; tries < kTries; ++tries) {
    const __u32 before = __atomic_load_n(&slot.seq, __ATOMIC_ACQUIRE);
    if (before % 2 != 0) {
      continue;
    }
    std::memcpy(&copy, &slot, sizeof(copy));
    std::atomic_thread_fence(std::memory_order_acquire);
    if (__atomic_load_n(&slot.seq, __ATOMIC_RELAXED) == before) {
      return true;
    }
  }
  return false;
}

}  // namespace loadline::agent
