// SPDX-License-Identifier: Apache-2.0
// Goal: any process gets its own ledger and no other's, whoever runs it and wherever, and what it
// reads there is what its own clock says. Method: the serving part of an agent in this process, and
// clients that are programs of their own, run as other users and in other pid namespaces.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "loadline/testing/ledger_agent.h"
#include "loadline/wait_ledger.h"
#include "tests/bpf/probes_env.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;
using loadline::testing::LedgerAgent;

constexpr char kAsNobody[] =
    "setpriv --reuid=65534 --regid=65534 --clear-groups --bounding-set=-all ";

Ledgers& TheLedgers() { return *Probes().ledgers(); }

struct Ended {
  int status = -1;
  std::string output;
};

Ended RunProgram(const std::string& command) {
  std::FILE* program = popen((command + " 2>&1").c_str(), "re");
  Ended ended;
  std::array<char, 256> line{};
  while (program != nullptr && fgets(line.data(), line.size(), program) != nullptr) {
    ended.output += line.data();
  }
  ended.status = program == nullptr ? -1 : pclose(program);
  return ended;
}

class WaitLedgerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    auto agent = LedgerAgent::Start(TheLedgers());
    ASSERT_TRUE(agent.ok()) << agent.status();
    agent_ = *std::move(agent);
  }

  void TearDown() override {
    agent_.reset();
    TheLedgers().Close(getpid());  // A server leaves that to the end of its source.
  }

  // The client by its full path: this program's neighbour.
  std::string Client() const {
    std::array<char, 4096> path{};
    EXPECT_GT(readlink("/proc/self/exe", path.data(), path.size() - 1), 0);
    const std::string own(path.data());
    return own.substr(0, own.rfind('/')) + "/bpf_test_ledger_client " + agent_->self_socket();
  }

  // Not where the build's folder is closed to them.
  bool OthersCanRunTheClient() const {
    const std::string program = Client().substr(0, Client().find(' '));
    return RunProgram(kAsNobody + ("test -x " + program)).status == 0;
  }

  void ExpectNothingLeft() const {
    EXPECT_TRUE(Eventually([] {
      TheLedgers().Clean();
      return TheLedgers().use().processes == 0 && TheLedgers().use().bytes == 0;
    }));
  }

  std::unique_ptr<LedgerAgent> agent_;
};

TEST_F(WaitLedgerTest, ItSaysWhatTheProcessesOwnClockSays) {
  const Ended ended = RunProgram("timeout 60 " + Client());
  EXPECT_EQ(ended.status, 0) << ended.output;
  ExpectNothingLeft();
}

TEST_F(WaitLedgerTest, AnOrdinaryUserHasOneToo) {
  if (!OthersCanRunTheClient()) {
    GTEST_SKIP() << "another user cannot run the client here";
  }
  const Ended ended = RunProgram("timeout 60 " + std::string(kAsNobody) + Client());
  EXPECT_EQ(ended.status, 0) << ended.output;
  ExpectNothingLeft();
}

TEST_F(WaitLedgerTest, ItWorksInAnotherPidNamespace) {
  const std::string user = OthersCanRunTheClient() ? kAsNobody : "";
  const Ended ended = RunProgram("timeout 60 unshare --pid --fork " + user + Client());
  EXPECT_EQ(ended.status, 0) << ended.output;
  ExpectNothingLeft();
}

TEST_F(WaitLedgerTest, AnOrdinaryUserCannotAskForEver) {
  if (!OthersCanRunTheClient()) {
    GTEST_SKIP() << "another user cannot run the client here";
  }
  const Ended ended = RunProgram("timeout 60 " + std::string(kAsNobody) + Client() + " --flood");
  EXPECT_EQ(ended.output, std::to_string(LL_LEDGER_GIVEN) + " " + std::to_string(LL_LEDGER_TAKEN) +
                              " " + std::to_string(LL_LEDGER_RATE) + " ");
  EXPECT_GT(agent_->server().stats().refused_total[LL_LEDGER_RATE], 0u);
  ExpectNothingLeft();
}

// This process, registered.
class Registered {
 public:
  explicit Registered(const std::string& self_socket)
      : ledger_({.agent_socket = self_socket}), thread_([this] {
          while (!quit_) {
            ledger_.Poll();
            Sleep(20ms);
          }
        }) {
    EXPECT_TRUE(Eventually([this] { return ledger_.state() == LedgerState::kOpen; }))
        << Name(ledger_.state());
  }
  ~Registered() {
    quit_ = true;
    thread_.join();
  }
  WaitLedger& operator*() { return ledger_; }

 private:
  WaitLedger ledger_;
  std::atomic<bool> quit_{false};
  std::thread thread_;
};

TEST_F(WaitLedgerTest, AProcessThatOutgrowsItsLedgerGetsALargerOne) {
  Registered registered(agent_->self_socket());
  std::atomic<bool> quit{false};
  std::vector<std::thread> threads;
  for (int i = 0; i < 200; ++i) {
    threads.emplace_back([&] { quit.wait(false); });
  }
  const WaitMark mark = (*registered).Begin();
  EXPECT_TRUE(Eventually([&] {
    std::vector<WaitLedger::Thread> seen;
    return (*registered).ReadThreads(Now(), seen) && seen.size() >= 200;
  }));
  EXPECT_GE(agent_->server().stats().replaced_total, 1u);
  EXPECT_EQ(agent_->server().stats().given_total, 1u);
  // The totals moved with the thread: a request may begin in one array and end in the next.
  const auto spent = (*registered).End(mark);
  ASSERT_TRUE(spent.has_value());
  EXPECT_EQ(spent->time.on_cpu + spent->time.RunQueue() + spent->time.Blocked(), spent->wall);
  EXPECT_GT(spent->time.blocked_for(WaitReason::kSleep), 0ms);
  quit = true;
  quit.notify_all();
  for (std::thread& thread : threads) {
    thread.join();
  }
}

TEST_F(WaitLedgerTest, WithoutTheAgentThereIsNoFigure) {
  Registered registered(agent_->self_socket());
  const WaitMark mark = (*registered).Begin();
  ASSERT_TRUE(mark);
  agent_.reset();
  EXPECT_TRUE(Eventually([&] { return (*registered).state() == LedgerState::kNoAgent; }));
  EXPECT_FALSE((*registered).Begin());
  EXPECT_FALSE((*registered).End(mark).has_value());
  std::vector<WaitLedger::Thread> threads;
  EXPECT_FALSE((*registered).ReadThreads(Now(), threads));
}

TEST_F(WaitLedgerTest, AForkedChildHasNoLedgerAndTheParentKeepsIts) {
  Registered registered(agent_->self_socket());
  ASSERT_TRUE((*registered).Begin());
  const pid_t child = fork();
  if (child == 0) {
    const bool none = !(*registered).Begin();
    _exit(none ? 0 : 1);
  }
  int status = -1;
  waitpid(child, &status, 0);
  EXPECT_EQ(status, 0);
  EXPECT_TRUE((*registered).Begin());
}

// Each has 16 slots and the kernel's page: 8 KiB. What the kernel waits for, they wait for in turn.
TEST_F(WaitLedgerTest, ManyProcessesComeAndGo) {
  constexpr int kProcesses = 100;
  std::vector<pid_t> children;
  for (int i = 0; i < kProcesses; ++i) {
    const pid_t child = fork();
    if (child == 0) {
      pause();
      _exit(0);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    ASSERT_TRUE(TheLedgers().Open(child).ok());
  }
  EXPECT_EQ(TheLedgers().use().processes, static_cast<std::size_t>(kProcesses));
  EXPECT_EQ(TheLedgers().use().bytes, std::size_t{kProcesses} * 8192);
  for (const pid_t child : children) {
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
    TheLedgers().Close(child);
  }
  ExpectNothingLeft();
}

}  // namespace
}  // namespace loadline::agent
