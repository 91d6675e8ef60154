// SPDX-License-Identifier: Apache-2.0
// Goal: a copy of a slot is never torn.
// Method: a thread acts out the kernel, writing the same number everywhere between two steps of
// seq.
#include "ledger/slot_reader.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <thread>

namespace loadline {
namespace {

TEST(SlotReaderTest, ASlotThatIsBeingWrittenIsNotCopied) {
  ll_slot slot{};
  ll_slot copy{};
  slot.seq = 1;
  EXPECT_FALSE(ReadSlot(slot, copy));
  slot.seq = 2;
  slot.totals.on_cpu_ns = 7;
  EXPECT_TRUE(ReadSlot(slot, copy));
  EXPECT_EQ(copy.totals.on_cpu_ns, 7u);
}

TEST(SlotReaderTest, CopiesAreOfOneMoment) {
  ll_slot slot{};
  std::atomic<bool> quit{false};
  std::thread kernel([&] {
    for (__u64 value = 1; !quit; ++value) {
      __atomic_store_n(&slot.seq, slot.seq + 1, __ATOMIC_RELAXED);
      std::atomic_thread_fence(std::memory_order_seq_cst);
      __atomic_store_n(&slot.since_ns, value, __ATOMIC_RELAXED);
      for (__u64& blocked_ns : slot.totals.blocked_ns) {
        __atomic_store_n(&blocked_ns, value, __ATOMIC_RELAXED);
      }
      __atomic_store_n(&slot.seq, slot.seq + 1, __ATOMIC_RELEASE);
    }
  });
  // Until so many copies succeeded: on one CPU the writer may be stopped in the middle for long.
  int torn = 0;
  for (int copied = 0; copied < 2000;) {
    ll_slot copy;
    if (!ReadSlot(slot, copy)) {
      std::this_thread::yield();
      continue;
    }
    ++copied;
    torn += !std::ranges::all_of(copy.totals.blocked_ns,
                                 [&](__u64 blocked_ns) { return blocked_ns == copy.since_ns; });
  }
  quit = true;
  kernel.join();
  EXPECT_EQ(torn, 0);
}

}  // namespace
}  // namespace loadline
