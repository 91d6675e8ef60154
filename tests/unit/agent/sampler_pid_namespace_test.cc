// SPDX-License-Identifier: Apache-2.0
// Goal: whether process numbers are the host's is told by the link of the pid namespace.
// Method: links by hand.
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "agent/src/kernel/kernel_features.h"

namespace loadline::agent {
namespace {

TEST(PidNamespaceLinkTest, OnlyTheHostsIsTheHosts) {
  EXPECT_TRUE(CheckPidNamespace("pid:[4026531836]").ok());
  EXPECT_TRUE(CheckPidNamespace("").ok());  // No /proc, no proof.
  const absl::Status nested = CheckPidNamespace("pid:[4026532184]");
  EXPECT_TRUE(absl::IsFailedPrecondition(nested));
  EXPECT_NE(nested.message().find("pid:[4026532184]"), std::string_view::npos);
}

}  // namespace
}  // namespace loadline::agent
