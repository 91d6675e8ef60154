// SPDX-License-Identifier: Apache-2.0
// Goal: connections are laid to the door at which they were taken, and what is read of sockets by
// their address is told of those only that are still there.
// Method: what a walk would have found, and what the kernel side would have read, by hand.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "agent/src/kernel/door_book.h"

namespace loadline::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

struct Spec {
  std::uint64_t inode;
  std::uint32_t tgid;
  std::uint16_t port = 80;
  std::uint8_t host = 0;  // Last byte of 10.0.0.x; 0: all addresses.
  std::uint32_t netns = 7;
};

FoundSocket Found(const Spec& spec, bool listens) {
  FoundSocket found;
  found.socket.sock = spec.inode * 0x1000;
  found.socket.sock_inode = spec.inode;
  found.socket.inode = spec.inode;
  found.socket.tgid = spec.tgid;
  found.socket.port = spec.port;
  found.socket.netns = spec.netns;
  found.socket.family = 4;
  found.socket.listens = listens ? 1 : 0;
  if (spec.host != 0) {
    const std::uint8_t address[] = {10, 0, 0, spec.host};
    std::memcpy(found.socket.addr, address, sizeof(address));
  }
  return found;
}

FoundSocket DoorOf(const Spec& spec) { return Found(spec, true); }
FoundSocket Taken(const Spec& spec) { return Found(spec, false); }

FoundSocket UnixOf(std::uint64_t inode, std::uint64_t bound, std::string path) {
  FoundSocket found;
  found.socket.inode = inode;
  found.socket.bound = bound;
  found.socket.tgid = 1;
  found.socket.family = LL_FAMILY_UNIX;
  found.socket.listens = path.empty() ? 0 : 1;
  found.path = std::move(path);
  return found;
}

class DoorBookTest : public testing::Test {
 protected:
  // The kernel side finds each socket as it was, and every connection with a byte that nobody
  // awaits.
  HostReading Tell(std::vector<FoundSocket> found) {
    book_.Take(found);
    count_ = book_.Ask(sockets_);
    for (std::size_t i = 0; i < count_; ++i) {
      sockets_[i].seen = 1;
      sockets_[i].queue = 1;
    }
    return TellAgain();
  }
  HostReading TellAgain() const {
    HostReading reading;
    book_.Tell(std::span(sockets_).first(count_), reading);
    return reading;
  }

  DoorBook book_;
  std::vector<ll_socket> sockets_{LL_SOCKETS_MAX};
  std::size_t count_ = 0;
};

TEST_F(DoorBookTest, NothingFoundIsNothingTold) {
  const HostReading reading = Tell({});
  EXPECT_THAT(reading.doors, IsEmpty());
  EXPECT_THAT(reading.connections, IsEmpty());
}

TEST_F(DoorBookTest, ADoorThatSeveralProcessesHoldIsOne) {
  const HostReading reading =
      Tell({DoorOf({.inode = 1, .tgid = 30}), DoorOf({.inode = 1, .tgid = 10}),
            DoorOf({.inode = 1, .tgid = 30})});
  ASSERT_EQ(reading.doors.size(), 1U);
  EXPECT_EQ(reading.doors[0].address, "0.0.0.0:80");
  EXPECT_EQ(reading.doors[0].netns, 7U);
  EXPECT_THAT(reading.doors[0].tgids, ElementsAre(10, 30));
}

TEST_F(DoorBookTest, WhatIsReadOfADoorIsTold) {
  Tell({DoorOf({.inode = 1, .tgid = 1})});
  sockets_[0].queue = 512;
  sockets_[0].limit = 511;
  sockets_[0].drops = 3;
  const HostReading reading = TellAgain();
  EXPECT_EQ(reading.doors[0].queue, 512U);
  EXPECT_EQ(reading.doors[0].limit, 511U);
  EXPECT_EQ(reading.doors[0].drops, 3U);
}

TEST_F(DoorBookTest, WhatIsNotThereAnyMoreIsNotTold) {
  Tell({DoorOf({.inode = 1, .tgid = 1}), Taken({.inode = 2, .tgid = 1}),
        Taken({.inode = 3, .tgid = 1})});
  sockets_[0].seen = 0;
  sockets_[1].seen = 0;
  const HostReading reading = TellAgain();
  EXPECT_THAT(reading.doors, IsEmpty());
  ASSERT_EQ(reading.connections.size(), 1U);
  EXPECT_EQ(reading.connections[0].clients, 1U);
}

TEST_F(DoorBookTest, AConnectionComesThroughTheDoorOfItsOwnAddress) {
  const HostReading reading =
      Tell({DoorOf({.inode = 1, .tgid = 1}), DoorOf({.inode = 2, .tgid = 2, .host = 5}),
            DoorOf({.inode = 3, .tgid = 3, .host = 6}), Taken({.inode = 4, .tgid = 1, .host = 5}),
            Taken({.inode = 5, .tgid = 1, .host = 9})});
  EXPECT_EQ(reading.doors[0].unread, 1U);
  EXPECT_EQ(reading.doors[1].unread, 1U);
  EXPECT_EQ(reading.doors[2].unread, 0U);
  EXPECT_THAT(reading.doors[0].hosts, ElementsAre("10.0.0.9"));
}

TEST_F(DoorBookTest, OfSeveralDoorsWithOneAddressItIsThatOfItsProcess) {
  const HostReading reading =
      Tell({DoorOf({.inode = 1, .tgid = 1}), DoorOf({.inode = 2, .tgid = 2}),
            Taken({.inode = 3, .tgid = 2}), Taken({.inode = 4, .tgid = 2})});
  EXPECT_EQ(reading.doors[0].unread, 0U);
  EXPECT_EQ(reading.doors[1].unread, 2U);
}

TEST_F(DoorBookTest, NamespacesArePlacesOfTheirOwn) {
  const HostReading reading =
      Tell({DoorOf({.inode = 1, .tgid = 1}), Taken({.inode = 2, .tgid = 1, .netns = 8})});
  EXPECT_EQ(reading.doors[0].unread, 0U);
  ASSERT_EQ(reading.connections.size(), 1U);  // Its listener is closed: it was taken all the same.
  EXPECT_EQ(reading.connections[0].unread, 1U);
}

TEST_F(DoorBookTest, AConnectionOfTwoProcessesCountsForBothAndOnceAtItsDoor) {
  const HostReading reading = Tell({DoorOf({.inode = 1, .tgid = 2}), Taken({.inode = 2, .tgid = 2}),
                                    Taken({.inode = 2, .tgid = 1})});
  EXPECT_EQ(reading.doors[0].unread, 1U);
  ASSERT_EQ(reading.connections.size(), 2U);
  EXPECT_EQ(reading.connections[0].tgid, 1);
  EXPECT_EQ(reading.connections[0].unread, 1U);
  EXPECT_EQ(reading.connections[1].tgid, 2);
  EXPECT_EQ(reading.connections[1].clients, 1U);
}

TEST_F(DoorBookTest, WhatIsAwaitedOrReadIsNotInHand) {
  Tell({DoorOf({.inode = 1, .tgid = 1}), Taken({.inode = 2, .tgid = 1}),
        Taken({.inode = 3, .tgid = 1}), Taken({.inode = 4, .tgid = 1})});
  sockets_[1].awaited = 1;
  sockets_[2].queue = 0;
  const HostReading reading = TellAgain();
  EXPECT_EQ(reading.doors[0].unread, 1U);
  EXPECT_EQ(reading.connections[0].clients, 3U);
  EXPECT_EQ(reading.connections[0].unread, 1U);
}

TEST_F(DoorBookTest, AUnixConnectionComesThroughTheDoorThatItIsBoundTo) {
  const HostReading reading = Tell({UnixOf(1, 0xa, "/run/x.sock"), UnixOf(2, 0xb, "@y"),
                                    UnixOf(3, 0xb, ""), UnixOf(4, 0xb, "")});
  EXPECT_EQ(reading.doors[0].address, "/run/x.sock");
  EXPECT_EQ(reading.doors[0].unread, 0U);
  EXPECT_EQ(reading.doors[1].address, "@y");
  EXPECT_EQ(reading.doors[1].unread, 2U);
  EXPECT_THAT(reading.doors[1].hosts, IsEmpty());
}

TEST_F(DoorBookTest, PortsAreThoseOfListeners) {
  Tell({DoorOf({.inode = 1, .tgid = 1, .port = 65535}), Taken({.inode = 2, .tgid = 1, .port = 9}),
        UnixOf(3, 0xa, "/run/x.sock")});
  ListenedPorts wanted{};
  wanted[8191] = 0x80;
  EXPECT_EQ(book_.ports(), wanted);
}

TEST_F(DoorBookTest, DoorsBeyondTheBoundAreCounted) {
  std::vector<FoundSocket> found;
  for (std::uint64_t i = 0; i < DoorBook::kDoorsMax + 3; ++i) {
    found.push_back(DoorOf({.inode = i + 1, .tgid = 1}));
  }
  EXPECT_EQ(Tell(found).doors.size(), DoorBook::kDoorsMax);
  EXPECT_EQ(book_.doors_lost(), 3U);
}

}  // namespace
}  // namespace loadline::agent
