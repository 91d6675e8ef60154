// SPDX-License-Identifier: Apache-2.0
// Goal: a copy of a slot is never torn.
// Method: a thread acts out the kernel, writing the same number everywhere between two steps of
// seq.
#include "agent/src/kernel/slot_reader.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>

namespace loadline::agent {
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
  int copied = 0;
  for (int i = 0; i < 20000; ++i) {
    ll_slot copy;
    if (ReadSlot(slot, copy)) {
      ++copied;
      for (const __u64 blocked_ns : copy.totals.blocked_ns) {
        ASSERT_EQ(blocked_ns, copy.since_ns);
      }
    }
  }
  quit = true;
  kernel.join();
  EXPECT_GT(copied, 0);
}

}  // namespace
}  // namespace loadline::agent
