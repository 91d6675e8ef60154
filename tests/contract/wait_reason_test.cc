// SPDX-License-Identifier: Apache-2.0
// Goal: a reason has one number and one name, in the kernel, in C++ and on the wire, and there is
// room for more of them.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "loadline/v1/wait.pb.h"
#include "loadline/wait_reason.h"
#include "loadline_abi/histogram.h"
#include "loadline_abi/ledger.h"

namespace loadline {
namespace {

struct KernelReason {
  int number;
  const char* name;
};

constexpr KernelReason kKernelReasons[] = {
#define LL_WAIT_ROW(enumerator, text) {LL_WAIT_##enumerator, text},
    LL_WAIT_REASONS(LL_WAIT_ROW)
#undef LL_WAIT_ROW
};

TEST(WaitReasonTest, KernelAndCppAgree) {
  ASSERT_EQ(LL_WAIT_REASON_COUNT, kWaitReasonCount);
  for (const KernelReason& reason : kKernelReasons) {
    EXPECT_EQ(Name(static_cast<WaitReason>(reason.number)), reason.name);
  }
}

TEST(WaitReasonTest, KernelAndWireAgree) {
  ASSERT_EQ(v1::WaitReason_ARRAYSIZE, static_cast<int>(LL_WAIT_REASON_COUNT));
  for (const KernelReason& reason : kKernelReasons) {
    std::string wire = "WAIT_REASON_" + std::string(reason.name);
    std::transform(wire.begin(), wire.end(), wire.begin(),
                   [](char c) { return static_cast<char>(std::toupper(c)); });
    EXPECT_EQ(v1::WaitReason_Name(static_cast<v1::WaitReason>(reason.number)), wire);
  }
}

TEST(WaitReasonTest, ANumberFromElsewhereIsThatReasonOrOther) {
  for (const WaitReasonInfo& info : kWaitReasons) {
    EXPECT_EQ(WaitReasonFrom(static_cast<std::uint64_t>(info.reason)), info.reason);
  }
  EXPECT_EQ(WaitReasonFrom(kWaitReasonCount), WaitReason::kOther);
  EXPECT_EQ(WaitReasonFrom(UINT64_MAX), WaitReason::kOther);
}

TEST(WaitReasonTest, WhatIsSaidOfAReasonFitsTogether) {
  for (const WaitReasonInfo& info : kWaitReasons) {
    EXPECT_FALSE(info.idle && (info.blocks_work || info.stopped)) << info.name;
    EXPECT_TRUE(info.blocks_work || !info.ranks) << info.name;
    EXPECT_TRUE(info.blocks_work || info.kind == WaitKind::kElse) << info.name;
    EXPECT_TRUE(info.blocks_work || !info.kernel_work) << info.name;
  }
}

TEST(WaitReasonTest, ASlotHasRoomForMoreThanThereAre) {
  EXPECT_LE(LL_WAIT_REASON_COUNT, LL_WAIT_REASONS_MAX);
  EXPECT_EQ(sizeof(ll_slot::totals.blocked_ns) / sizeof(__u64), LL_WAIT_REASONS_MAX);
  EXPECT_EQ(sizeof(ll_slot), 256u);
  EXPECT_EQ(offsetof(ll_slot, totals.blocked_ns[LL_WAIT_REASONS_MAX]), sizeof(ll_slot));
}

TEST(WaitReasonTest, EachReasonOfAPoolHasAHistogramOfItsOwn) {
  EXPECT_EQ(LL_HISTOGRAM_RUNQ, LL_WAIT_REASON_COUNT);
  EXPECT_EQ(ll_histogram_index(0, 1, 1, 0) - ll_histogram_index(0, 1, 0, LL_HISTOGRAM_RUNQ), 1u);
}

}  // namespace
}  // namespace loadline
