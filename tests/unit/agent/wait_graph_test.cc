// SPDX-License-Identifier: Apache-2.0
// Goal: chains add up, follow what the waker waited for and nothing else, and end.
// Method: edges by hand.
#include "agent/src/model/wait_graph.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;
using ::testing::IsEmpty;
using ::testing::SizeIs;

WaitPool Pool(const std::string& name, pid_t tgid = 7) {
  return {.tgid = tgid, .process = "shop", .name = name};
}

WaitEdge Edge(const std::string& woken, WaitReason reason, const std::string& waker,
              Clock::Duration waited, std::optional<WaitReason> waker_reason = std::nullopt,
              Clock::Duration waker_waited = {}) {
  WaitEdge edge;
  edge.woken = Pool(woken);
  edge.reason = reason;
  edge.waker = waker.empty() ? std::nullopt : std::optional(Pool(waker));
  edge.waker_reason = waker_reason;
  edge.waits = 1;
  edge.waited = edge.longest = waited;
  edge.waker_waited = waker_waited;
  edge.target = woken + " at";
  return edge;
}

// client -> worker (8 of 10 s asleep for the lock) -> holder (half asleep) -> a timer.
std::vector<WaitEdge> Shop() {
  return {
      Edge("client", WaitReason::kCondition, "worker", 10s, WaitReason::kLock, 8s),
      Edge("worker", WaitReason::kLock, "holder", 12s, WaitReason::kSleep, 6s),
      Edge("worker", WaitReason::kLock, "other", 4s),
      Edge("worker", WaitReason::kCondition, "client", 50s, WaitReason::kSleep, 50s),
      Edge("holder", WaitReason::kSleep, "", 20s),
  };
}

WaitChain ChainOf(const std::vector<WaitEdge>& edges, const std::string& pool,
                  const ChainLimits& limits = {}) {
  for (WaitChain& chain : WaitChains(edges, {}, limits)) {
    if (chain.pool.name == pool) {
      return std::move(chain);
    }
  }
  ADD_FAILURE() << "no chain of " << pool;
  return {};
}

TEST(WaitGraphTest, AChainFollowsWhatTheWakerWaitedForMeanwhile) {
  const WaitChain chain = ChainOf(Shop(), "client");
  EXPECT_EQ(chain.waited, 10s);
  ASSERT_THAT(chain.steps, SizeIs(1));
  const WaitStep& worker = chain.steps[0];
  EXPECT_EQ(worker.waker, Pool("worker"));
  EXPECT_DOUBLE_EQ(worker.share, 1.0);
  EXPECT_EQ(worker.target, "client at");
  // Its waits for work are not among them, only those for the lock: 8 s, shared 12 to 4.
  ASSERT_THAT(worker.causes, SizeIs(2));
  EXPECT_EQ(worker.causes[0].waker, Pool("holder"));
  EXPECT_EQ(worker.causes[0].waited, 6s);
  EXPECT_EQ(worker.causes[1].waker, Pool("other"));
  EXPECT_EQ(worker.causes[1].waited, 2s);
  ASSERT_THAT(worker.causes[0].causes, SizeIs(1));
  const WaitStep& timer = worker.causes[0].causes[0];
  EXPECT_EQ(timer.waker, std::nullopt);
  EXPECT_EQ(timer.waited, 3s);
  EXPECT_DOUBLE_EQ(timer.share, 0.3);
}

TEST(WaitGraphTest, EdgesThatDifferInWhatTheWakerWaitedForAreOneStep) {
  std::vector<WaitEdge> edges = Shop();
  edges.push_back(Edge("client", WaitReason::kCondition, "worker", 30s));
  const WaitChain chain = ChainOf(edges, "client");
  ASSERT_THAT(chain.steps, SizeIs(1));
  EXPECT_EQ(chain.steps[0].waited, 40s);
  EXPECT_EQ(chain.steps[0].causes.at(0).waited, 6s);
}

TEST(WaitGraphTest, TwoThatWaitForEachOtherEnd) {
  const std::vector<WaitEdge> edges = {
      Edge("a", WaitReason::kIpc, "b", 10s, WaitReason::kIpc, 10s),
      Edge("b", WaitReason::kIpc, "a", 10s, WaitReason::kIpc, 10s),
  };
  const WaitChain chain = ChainOf(edges, "a");
  const WaitStep& b = chain.steps.at(0);
  EXPECT_FALSE(b.is_loop);
  EXPECT_TRUE(b.causes.at(0).is_loop);
  EXPECT_THAT(b.causes.at(0).causes, IsEmpty());
}

TEST(WaitGraphTest, DepthAndShareAreBounded) {
  std::vector<WaitEdge> edges;
  for (int i = 0; i < 9; ++i) {
    edges.push_back(Edge(std::string(1, static_cast<char>('a' + i)), WaitReason::kLock,
                         std::string(1, static_cast<char>('b' + i)), 10s, WaitReason::kLock, 10s));
  }
  edges.push_back(Edge("a", WaitReason::kDisk, "", 50ms));
  const WaitChain chain = ChainOf(edges, "a", {.depth = 3});
  EXPECT_THAT(chain.steps, SizeIs(1)) << "less than a hundredth";
  const WaitStep* step = &chain.steps.at(0);
  int depth = 1;
  for (; !step->causes.empty(); step = &step->causes[0]) {
    ++depth;
  }
  EXPECT_EQ(depth, 3);
  EXPECT_THAT(WaitChains(edges, {}, {.pools = 4}), SizeIs(4));
}

TEST(WaitGraphTest, WhoIsWokenByInterruptsAloneHasAChainOnlyIfAskedFor) {
  const std::vector<WaitEdge> edges = {Edge("timer", WaitReason::kSleep, "", 10s)};
  EXPECT_THAT(WaitChains(edges, {}), IsEmpty());
  EXPECT_THAT(WaitChains(edges, {.process = "shop"}), SizeIs(1));
}

TEST(WaitGraphTest, AProcessIsMeantByNameOrPidWithAllThatItWaitsFor) {
  std::vector<WaitEdge> edges = Shop();
  edges.push_back(Edge("stranger", WaitReason::kLock, "worker", 99s));
  edges.back().woken = {.tgid = 8, .process = "else", .name = "stranger"};
  EXPECT_THAT(EdgesBehind(edges, {.process = "shop"}), SizeIs(5));
  EXPECT_THAT(EdgesBehind(edges, {.process = "7"}), SizeIs(5));
  EXPECT_THAT(EdgesBehind(edges, {.process = "sho"}), IsEmpty());
  const std::vector<WaitEdge> all = EdgesBehind(edges, {.process = "else"});
  ASSERT_THAT(all, SizeIs(6));  // Who wakes the strangers, and whom those wait for.
  EXPECT_EQ(all[0].waited, 99s);
  EXPECT_EQ(all[5].waited, 4s);
  EXPECT_THAT(WaitChains(edges, {.process = "8"}), SizeIs(1));
}

TEST(WaitGraphTest, TheKernelsOwnThreadsAreShownWhenAskedFor) {
  std::vector<WaitEdge> edges = {Edge("kworker/*", WaitReason::kDisk, "x", 1s)};
  edges[0].woken = {.tgid = 0, .process = "kernel", .name = "kworker/*"};
  EXPECT_THAT(WaitChains(edges, {}), IsEmpty());
  EXPECT_THAT(WaitChains(edges, {.process = "kernel"}), SizeIs(1));
}

}  // namespace
}  // namespace loadline::agent
