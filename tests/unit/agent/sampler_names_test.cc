// SPDX-License-Identifier: Apache-2.0
// Goal: names of pools and peers read as documented.
#include <arpa/inet.h>
#include <gtest/gtest.h>

#include "agent/src/kernel/peer_text.h"
#include "agent/src/sampler/pool_name.h"
#include "agent/src/sampler/thread_name.h"

namespace loadline::agent {
namespace {

TEST(PoolNameTest, RunsOfDigitsBecomeOneStar) {
  EXPECT_EQ(PoolName("worker-12"), "worker-*");
  EXPECT_EQ(PoolName("grpc_7_of_128"), "grpc_*_of_*");
  EXPECT_EQ(PoolName("123"), "*");
}

TEST(PoolNameTest, NamesWithoutDigitsStay) {
  EXPECT_EQ(PoolName("postgres"), "postgres");
  EXPECT_EQ(PoolName(""), "");
  EXPECT_EQ(PoolName("a:b/c d*"), "a:b/c d*");
}

TEST(ThreadNameTest, IsCutAsTheKernelDoes) {
  EXPECT_EQ(ThreadName("kworker/u8:2-events").view(), "kworker/u8:2-ev");
  EXPECT_EQ(ThreadName(std::string_view("ab\0cd", 5)), ThreadName("ab"));
  EXPECT_NE(ThreadName("ab"), ThreadName("abc"));
  EXPECT_EQ(ThreadName().view(), "");
}

ll_peer Peer(int family, const char* address, std::uint16_t port) {
  ll_peer peer{};
  peer.family = family == AF_INET ? 4 : 6;
  peer.port = port;
  inet_pton(family, address, peer.addr);
  return peer;
}

TEST(PeerTextTest, AddressesReadAsInTheRestOfTheWorld) {
  EXPECT_EQ(PeerText(Peer(AF_INET, "10.0.0.5", 5432)), "10.0.0.5:5432");
  EXPECT_EQ(PeerText(Peer(AF_INET6, "::1", 80)), "[::1]:80");
  EXPECT_EQ(PeerText(Peer(AF_INET6, "2001:db8::7", 65535)), "[2001:db8::7]:65535");
}

TEST(PeerTextTest, ClientsThatConnectedToUsShareOneName) {
  EXPECT_EQ(PeerText(Peer(AF_INET, "10.0.0.7", 0)), "10.0.0.7:*");
  EXPECT_EQ(PeerText(Peer(AF_INET6, "::1", 0)), "[::1]:*");
}

TEST(PeerTextTest, NoPeerIsNoText) { EXPECT_EQ(PeerText(ll_peer{}), ""); }

}  // namespace
}  // namespace loadline::agent
