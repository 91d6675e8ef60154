// SPDX-License-Identifier: Apache-2.0
// Goal: a reason has one number and one name, in the kernel, in C++ and on the wire.
#include <gtest/gtest.h>

#include <algorithm>
#include <string>

#include "loadline/v1/wait.pb.h"
#include "loadline/wait_reason.h"
#include "loadline_abi/wait_reason.h"

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

}  // namespace
}  // namespace loadline
