// SPDX-License-Identifier: Apache-2.0
// Goal: ledgers keep within their memory, and what was not measured is not made up when a process
// registers while the rest of the host is left out.
#include <gtest/gtest.h>
#include <unistd.h>

#include <atomic>
#include <cstddef>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "agent/src/kernel/ledger_array.h"
#include "agent/src/sampler/ledgers.h"
#include "tests/bpf/probes_env.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;

// What the kernel itself says that a map takes.
std::size_t KernelBytes(int fd) {
  std::ifstream info("/proc/self/fdinfo/" + std::to_string(fd));
  std::size_t bytes = 0;
  for (std::string key; info >> key;) {
    if (key == "memlock:") {
      info >> bytes;
    }
  }
  return bytes;
}

// 144 threads: 221 slots wanted, in whole pages 224, 56 KiB, and the kernel's own page: 60 KiB.
TEST(LedgerBoundsTest, AThousandProcessesFitIn64MiB) {
  EXPECT_EQ(LedgerSlots(1), 16u);
  EXPECT_EQ(LedgerSlots(7), 16u);
  EXPECT_EQ(LedgerSlots(8), 32u);
  EXPECT_EQ(LedgerSlots(144), 224u);
  const ll_ledger_header host{};
  std::vector<std::unique_ptr<LedgerArray>> arrays;
  std::size_t bytes = 0, kernel_bytes = 0;
  for (int i = 0; i < 1000; ++i) {
    auto array = LedgerArray::Create(1 + i, LedgerSlots(144), 1, host);
    ASSERT_TRUE(array.ok()) << array.status();
    bytes += LedgerBytes(LedgerSlots(144));
    kernel_bytes += KernelBytes((*array)->fd());
    arrays.push_back(*std::move(array));
  }
  EXPECT_LE(bytes, std::size_t{64} << 20);
  EXPECT_LE(kernel_bytes, std::size_t{64} << 20);
  EXPECT_GE(kernel_bytes, bytes / 2) << "the kernel tells";
}

Clock::Duration All(const PoolCounters& counters) {
  return counters.on_cpu + counters.RunQueue() + counters.Blocked();
}

TEST(LedgerBoundsTest, WhoRegistersWhileOthersAreLeftOutCountsFromThen) {
  std::atomic<bool> quit{false};
  std::atomic<pid_t> tid{0};
  std::thread waits([&] {
    tid = ThisThread();
    quit.wait(false);
  });
  ASSERT_TRUE(Eventually([&] {
    const auto thread = ReadThread(tid);
    return thread && thread->state == ThreadState::kBlocked;
  }));
  Detail detail;
  detail.set(Feature::kUnregistered, false);
  Probes().SetDetail(detail);
  const Clock::Duration before = All(ReadThread(tid)->counters);
  Sleep(300ms);
  const Clock::Time registers_at = Now();
  ASSERT_TRUE(Probes().ledgers()->Open(getpid()).ok());
  Sleep(50ms);
  const Clock::Duration after = All(ReadThread(tid)->counters);
  const Clock::Duration registered_for = Now() - registers_at;
  EXPECT_GE(after - before, 50ms);
  EXPECT_LE(after - before, registered_for + 20ms) << "not the 300 ms before";
  Probes().ledgers()->Close(getpid());
  Probes().SetDetail(Detail());
  quit = true;
  quit.notify_all();
  waits.join();
}

}  // namespace
}  // namespace loadline::agent
