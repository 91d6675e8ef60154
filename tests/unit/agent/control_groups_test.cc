// SPDX-License-Identifier: Apache-2.0
// Goal: the group whose limits hold a process back is told by what limits, in both versions.
// Method: texts of /proc/PID/cgroup.
#include "agent/src/sampler/control_groups.h"

#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

TEST(ControlGroupsTest, VersionTwoHasOneForAll) {
  const ControlGroups groups = ParseControlGroups("0::/system.slice/shop.service\n");
  EXPECT_EQ(groups.cpu, "/system.slice/shop.service");
  EXPECT_EQ(groups.memory, "/system.slice/shop.service");
  EXPECT_EQ(groups.freezer, "/system.slice/shop.service");
}

TEST(ControlGroupsTest, VersionOneHasOneForEachController) {
  const ControlGroups groups = ParseControlGroups(
      "5:freezer:/cold\n4:memory:/\n3:cpu,cpuacct:/batch\n1:name=systemd:/a/longer/path\n0::/x\n");
  EXPECT_EQ(groups.cpu, "/batch");
  EXPECT_EQ(groups.freezer, "/cold");
  EXPECT_EQ(groups.memory, "/x");  // Where both are in use, the limit may be there.
}

TEST(ControlGroupsTest, TheRootIsNone) {
  EXPECT_EQ(ParseControlGroups("0::/\n").cpu, "");
  EXPECT_EQ(ParseControlGroups("").cpu, "");
  EXPECT_EQ(ParseControlGroups("no colons\n0:one").freezer, "");
}

}  // namespace
}  // namespace loadline::agent
