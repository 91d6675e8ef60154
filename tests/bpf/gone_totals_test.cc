// SPDX-License-Identifier: Apache-2.0
// Goal: a process with more names or peers than the tables hold does not take the room of others,
// and what is taken out is counted once. Method: tables like the probes', written by hand.
#include "agent/src/kernel/gone_totals.h"

#include <bpf/bpf.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdio>
#include <cstring>
#include <numeric>

#include "tests/bpf/probes_env.h"

namespace loadline::agent {
namespace {

constexpr pid_t kProcess = 100;
constexpr int kRoom = 8192;
constexpr int kMany = kRoom / 2 + 100;

class GoneTotalsTest : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { Probes(); }  // Ends the program where BPF cannot be had.
  ~GoneTotalsTest() override {
    close(exits_fd_);
    close(peers_fd_);
  }

  void Exit(int name, std::uint64_t on_cpu_ns, std::uint64_t threads = 1) {
    ll_exit_key key{.tgid = kProcess, .name = {}};
    std::snprintf(key.name, sizeof(key.name), "n%d", name);
    ll_exit exit{.threads = threads, .totals = {}};
    exit.totals.on_cpu_ns = on_cpu_ns;
    ASSERT_EQ(bpf_map_update_elem(exits_fd_, &key, &exit, BPF_ANY), 0);
  }

  void Peer(int address, std::uint64_t waits) {
    ll_peer_key key{.peer = {}, .tgid = kProcess, .pool = 1};
    key.peer.family = 4;
    std::memcpy(key.peer.addr, &address, sizeof(address));
    const ll_wait_sum wait{
        .wait_ns = waits, .waits = waits, .name = "w", .owner = 0, .reserved = 0};
    ASSERT_EQ(bpf_map_update_elem(peers_fd_, &key, &wait, BPF_ANY), 0);
  }

  // Returns the threads that the reading told of.
  std::int64_t Read() {
    gone_.ReadExits();
    std::vector<ExitedThreads> exited;
    gone_.TakeExited(exited);
    gone_.ReadPeers(peers_);
    gone_.Clean({kProcess});
    return std::accumulate(exited.begin(), exited.end(), std::int64_t{0},
                           [](std::int64_t sum, const auto& each) { return sum + each.threads; });
  }

  int exits_fd_ = bpf_map_create(BPF_MAP_TYPE_HASH, "exits", sizeof(ll_exit_key), sizeof(ll_exit),
                                 kRoom, nullptr);
  int peers_fd_ = bpf_map_create(BPF_MAP_TYPE_HASH, "peers", sizeof(ll_peer_key),
                                 sizeof(ll_wait_sum), kRoom, nullptr);
  GoneTotals gone_{exits_fd_, peers_fd_};
  std::vector<PeerTotal> peers_;
};

TEST_F(GoneTotalsTest, NamesThatAreUsedNoMoreMakeRoomWhileTheirProcessLives) {
  for (int name = 0; name < kMany; ++name) {
    Exit(name, 1000);
  }
  EXPECT_EQ(Read(), kMany);
  Exit(0, 2000, 2);  // One is still in use.
  EXPECT_EQ(Read(), 1);
  EXPECT_EQ(Read(), 0);
  int left = 0;
  for (ll_exit_key key{}, *from = nullptr; bpf_map_get_next_key(exits_fd_, from, &key) == 0;
       from = &key) {
    ++left;
  }
  EXPECT_EQ(left, 1);
  Exit(1, 500);  // A name that was taken out begins again.
  EXPECT_EQ(Read(), 1);
}

TEST_F(GoneTotalsTest, PeersThatAreQuietMakeRoomWhileTheirProcessLives) {
  for (int address = 0; address < kMany; ++address) {
    Peer(address, 1);
  }
  Read();
  Peer(0, 2);
  Read();
  Read();
  EXPECT_EQ(peers_.size(), 1u);
}

TEST_F(GoneTotalsTest, ATableWithRoomForgetsNothing) {
  Exit(0, 1000);
  Peer(0, 1);
  for (int i = 0; i < 3; ++i) {
    Read();
  }
  EXPECT_EQ(peers_.size(), 1u);
}

}  // namespace
}  // namespace loadline::agent
