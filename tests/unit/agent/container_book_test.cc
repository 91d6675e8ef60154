// SPDX-License-Identifier: Apache-2.0
// Goal: a process has the name of its container from its first reading on, also when it is moved,
// when its number is given to another, and as long as its pools are shown; and is not read for
// ever. Method: processes by hand beside a tree like /proc.
#include "agent/src/sampler/container_book.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "proc_fake.h"

namespace loadline::agent {
namespace {

constexpr pid_t kPid = 100;

class ContainerBookTest : public ::testing::Test {
 protected:
  void InCgroup(const std::string& cgroup) { proc_.Write("100/cgroup", "0::" + cgroup + "\n"); }
  void Read(int times = 1) {
    for (int i = 0; i < times; ++i) {
      book_.Update(living_);
    }
  }

  testing::FakeProc proc_{testing::FakeProc::Processes{}};
  ContainerBook book_{*ProcFs::Open(proc_.top())};
  std::vector<LivingProcess> living_ = {{.tgid = kPid, .started_at_ns = 1000}};
};

TEST_F(ContainerBookTest, KnowsAProcessFromItsFirstReading) {
  InCgroup("/system.slice/web.service");
  Read();
  EXPECT_EQ(book_.Of(kPid), "web.service");
  EXPECT_EQ(book_.Of(7), "");
}

TEST_F(ContainerBookTest, NoticesAProcessThatIsMovedAtItsStart) {
  InCgroup("/system.slice/docker.service");
  Read();
  InCgroup("/system.slice/web.service");
  Read();
  EXPECT_EQ(book_.Of(kPid), "web.service");
}

TEST_F(ContainerBookTest, NoticesAProcessThatIsMovedLater) {
  InCgroup("/system.slice/web.service");
  Read(2);
  InCgroup("/system.slice/other.service");
  Read();
  EXPECT_EQ(book_.Of(kPid), "web.service") << "read in each reading";
  Read(static_cast<int>(ContainerBook::kReadAgain));
  EXPECT_EQ(book_.Of(kPid), "other.service");
}

TEST_F(ContainerBookTest, AReusedNumberIsAnotherProcess) {
  InCgroup("/system.slice/web.service");
  Read(5);
  InCgroup("/system.slice/cron.service");
  living_[0].started_at_ns += 1;
  Read();
  EXPECT_EQ(book_.Of(kPid), "cron.service");
}

TEST_F(ContainerBookTest, RemembersAProcessThatIsGoneForAWhileOnly) {
  InCgroup("/system.slice/web.service");
  Read();
  living_.clear();
  Read();
  EXPECT_EQ(book_.Of(kPid), "web.service");
  Read(static_cast<int>(ContainerBook::kGoneMax));
  EXPECT_EQ(book_.Of(kPid), "");
}

// Once its first thread has ended, the files of a process say nothing, and a cgroup of v1 is "/".
TEST_F(ContainerBookTest, AProcessWithoutItsFirstThreadIsWhereItsOthersAre) {
  proc_.Put(kPid, {.tid = 101});
  InCgroup("/system.slice/web.service");
  Read(2);
  proc_.Put(kPid, {.tid = kPid, .state = 'Z'});
  InCgroup("/");
  proc_.Write("100/task/101/cgroup", "0::/system.slice/web.service\n");
  Read(static_cast<int>(ContainerBook::kReadAgain));
  EXPECT_EQ(book_.Of(kPid), "web.service");
}

}  // namespace
}  // namespace loadline::agent
