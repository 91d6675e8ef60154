// SPDX-License-Identifier: Apache-2.0
// Goal: the address that a client calls finds the door that it comes to, and no other.
#include "agent/src/sampler/door.h"

#include "gtest/gtest.h"

namespace loadline::agent {
namespace {

bool IsDoorAt(std::string_view peer, std::string address, std::vector<std::string> hosts = {}) {
  return IsDoorOf(peer, {.address = std::move(address), .tgids = {}, .hosts = std::move(hosts)});
}

TEST(DoorTest, AnAddressIsItself) {
  EXPECT_TRUE(IsDoorAt("127.0.0.1:5432", "127.0.0.1:5432"));
  EXPECT_TRUE(IsDoorAt("[::1]:80", "[::1]:80"));
  EXPECT_TRUE(IsDoorAt("/run/x.sock", "/run/x.sock"));
  EXPECT_TRUE(IsDoorAt("@x", "@x"));
}

TEST(DoorTest, AnotherAddressOrPortIsAnotherDoor) {
  EXPECT_FALSE(IsDoorAt("127.0.0.1:5433", "127.0.0.1:5432"));
  EXPECT_FALSE(IsDoorAt("127.0.0.1:5432", "127.0.0.2:5432"));
  EXPECT_FALSE(IsDoorAt("127.0.0.1:5432", "0.0.0.0:15432"));
  EXPECT_FALSE(IsDoorAt("/run/x.sock", "/run/y.sock"));
}

TEST(DoorTest, ADoorOfAllAddressesIsThatOfLoopback) {
  EXPECT_TRUE(IsDoorAt("127.0.0.1:5432", "0.0.0.0:5432"));
  EXPECT_TRUE(IsDoorAt("127.8.8.8:5432", "[::]:5432"));
  EXPECT_TRUE(IsDoorAt("[::1]:5432", "[::]:5432"));
}

TEST(DoorTest, ADoorOfIpv4AddressesIsNoneOfIpv6) {
  EXPECT_FALSE(IsDoorAt("[::1]:5432", "0.0.0.0:5432"));
}

// 10.0.0.5 may be any host, which has a database of its own.
TEST(DoorTest, ADoorOfAllAddressesIsThatOfAnotherHostOnlyIfItWasCalledSo) {
  EXPECT_FALSE(IsDoorAt("10.0.0.5:5432", "0.0.0.0:5432"));
  EXPECT_FALSE(IsDoorAt("[fe80::1]:5432", "[::]:5432", {"10.0.0.5"}));
  EXPECT_TRUE(IsDoorAt("10.0.0.5:5432", "0.0.0.0:5432", {"10.0.0.5"}));
  EXPECT_TRUE(IsDoorAt("10.0.0.5:5432", "[::]:5432", {"10.0.0.5", "127.0.0.1"}));
}

TEST(DoorTest, ClientsAndNobodyComeToNoDoor) {
  EXPECT_FALSE(IsDoorAt("10.0.0.7:*", "0.0.0.0:8080", {"10.0.0.7"}));
  EXPECT_FALSE(IsDoorAt("", "0.0.0.0:8080"));
  EXPECT_FALSE(IsDoorAt("", ""));
}

TEST(DoorTest, APathWithAColonHasNoPort) {
  EXPECT_FALSE(IsDoorAt("127.0.0.1:80", "@0.0.0.0:80"));
  EXPECT_FALSE(IsDoorAt("/0.0.0.0:80", "0.0.0.0:80", {"/0.0.0.0"}));
}

}  // namespace
}  // namespace loadline::agent
