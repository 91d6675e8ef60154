// SPDX-License-Identifier: Apache-2.0
// Goal: whatever a child does, it is reaped, it is gone when its owner is, and its last words are
// kept. Method: shells as children; waits have deadlines and end as soon as the child acts.
#include "agent/demo/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <filesystem>
#include <utility>

#include "agent/demo/work_dir.h"
#include "loadline/steady_clock.h"

namespace loadline::demo {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::HasSubstr;

class ChildProcessTest : public ::testing::Test {
 protected:
  ChildProcess Shell(const std::string& script) {
    auto child = ChildProcess::Start(
        {.name = "shell", .argv = {"/bin/sh", "-c", script}, .log = dir_->path() / "log"},
        context_);
    EXPECT_TRUE(child.ok()) << child.status();
    return *std::move(child);
  }
  static bool Exists(pid_t pid) { return kill(pid, 0) == 0; }

  absl::StatusOr<WorkDir> dir_ = WorkDir::Create();
  ChildContext context_{.work_dir = dir_->path(), .clock = &SteadyClock::Get()};
};

TEST_F(ChildProcessTest, FindsTheLineThatItWaitsFor) {
  ChildProcess child = Shell("echo hello; echo listening on 127.0.0.1:80; read x < /dev/zero");
  const auto rest = child.WaitForOutput("listening on ", 10s);
  ASSERT_TRUE(rest.ok()) << rest.status();
  EXPECT_EQ(*rest, "127.0.0.1:80");
  EXPECT_TRUE(child.CheckAlive().ok());
}

TEST_F(ChildProcessTest, ADeadChildsLastWordsAreInTheError) {
  ChildProcess child = Shell("echo no privilege >&2; exit 3");
  const auto rest = child.WaitForOutput("listening on ", 10s);
  EXPECT_EQ(rest.status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(rest.status().message()), HasSubstr("no privilege"));
  EXPECT_THAT(std::string(rest.status().message()), HasSubstr("exit code 3"));
  EXPECT_EQ(*child.WaitForExit(0s), 3);
  EXPECT_EQ(child.pid(), 0);
}

TEST_F(ChildProcessTest, WaitingForOutputHasAnEnd) {
  ChildProcess child = Shell("exec tail -f /dev/null");
  EXPECT_EQ(child.WaitForOutput("never", 50ms).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

TEST_F(ChildProcessTest, AnInterruptionEndsEveryWaitButLeavesTheChildToItsOwner) {
  context_.interrupt = eventfd(1, EFD_CLOEXEC);  // Readable from the start.
  {
    ChildProcess child = Shell("exec tail -f /dev/null");
    EXPECT_EQ(child.WaitForOutput("never", 600s).status().code(), absl::StatusCode::kCancelled);
    EXPECT_EQ(child.WaitForExit(600s).status().code(), absl::StatusCode::kCancelled);
    EXPECT_TRUE(child.CheckAlive().ok());
    child.Stop();
    EXPECT_EQ(*child.WaitForExit(0s), 128 + SIGTERM);
  }
  close(context_.interrupt);
}

TEST_F(ChildProcessTest, AProgramThatIsNotThereIsADeadChild) {
  auto child = ChildProcess::Start(
      {.name = "nothing", .argv = {"/nowhere/nothing"}, .log = dir_->path() / "log"}, context_);
  ASSERT_TRUE(child.ok());
  EXPECT_EQ(*child->WaitForExit(10s), 127);
}

TEST_F(ChildProcessTest, IsGoneWithItsOwner) {
  pid_t pid = 0;
  {
    ChildProcess child = Shell("exec tail -f /dev/null");
    pid = child.pid();
    EXPECT_TRUE(Exists(pid));
  }
  EXPECT_FALSE(Exists(pid));
}

TEST_F(ChildProcessTest, IsKilledWithItsGroupIfItDoesNotListen) {
  ChildProcess child = Shell("trap '' TERM; echo ready; tail -f /dev/null & wait; wait");
  ASSERT_TRUE(child.WaitForOutput("ready", 10s).ok());
  const pid_t pid = child.pid();
  child.Stop();
  EXPECT_FALSE(Exists(pid));
  EXPECT_EQ(*child.WaitForExit(0s), 128 + SIGKILL);
}

TEST_F(ChildProcessTest, HasAProcessGroupOfItsOwn) {
  const ChildProcess child = Shell("exec tail -f /dev/null");
  EXPECT_EQ(getpgid(child.pid()), child.pid());
}

TEST_F(ChildProcessTest, MovesWithoutLosingOrStoppingIt) {
  ChildProcess first = Shell("exec tail -f /dev/null");
  const pid_t pid = first.pid();
  ChildProcess second = std::move(first);
  EXPECT_EQ(second.pid(), pid);
  EXPECT_TRUE(second.CheckAlive().ok());
  ChildProcess third = Shell("exec tail -f /dev/null");
  const pid_t replaced = third.pid();
  third = std::move(second);
  EXPECT_EQ(third.pid(), pid);
  EXPECT_FALSE(Exists(replaced));
}

TEST(WorkDirTest, IsGoneWithItsOwnerAndAllThatIsInIt) {
  std::filesystem::path path;
  {
    const auto dir = WorkDir::Create();
    ASSERT_TRUE(dir.ok());
    path = dir->path();
    std::filesystem::create_directories(path / "a" / "b");
  }
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace loadline::demo
