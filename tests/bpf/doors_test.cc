// SPDX-License-Identifier: Apache-2.0
// Goal: what stands at the doors of servers is known: who listens where, how many wait, how many
// were turned away, and which connections have a request that nobody reads.
// Method: sockets of this process and of a child in a network namespace of its own. The clock that
// walks go by is moved.
#include <gtest/gtest.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "agent/src/kernel/door_probes.h"
#include "agent/src/kernel/door_reader.h"
#include "tests/bpf/listeners.h"
#include "tests/bpf/probes_env.h"
#include "tests/bpf/tcp_pair.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""us;

std::uint64_t OwnNamespace() {
  struct stat found {};
  stat("/proc/self/ns/net", &found);
  return found.st_ino;
}

std::optional<Door> DoorAt(const HostReading& reading, const std::string& address,
                           std::uint64_t netns = OwnNamespace()) {
  for (const Door& door : reading.doors) {
    if (door.address == address && door.netns == netns) {
      return door;
    }
  }
  return std::nullopt;
}

ProcessConnections ConnectionsOf(const HostReading& reading, pid_t tgid) {
  for (const ProcessConnections& each : reading.connections) {
    if (each.tgid == tgid) {
      return each;
    }
  }
  return {};
}

class DoorsTest : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(doors_, nullptr); }

  // After a walk: two, so that it is known which ports clients come to.
  HostReading Walk() {
    for (int i = 0; i < 2; ++i) {
      now_ += 1h;
      doors_->Read(now_, reading_);
    }
    EXPECT_TRUE(reading_.has_doors);
    return reading_;
  }
  // Without one.
  HostReading Read() {
    now_ += 1ms;
    doors_->Read(now_, reading_);
    return reading_;
  }

  std::unique_ptr<DoorReader> doors_ = DoorReader::Create();
  Clock::Time now_ = Now();
  HostReading reading_;
};

TEST_F(DoorsTest, ADoorHasItsAddressItsLimitAndWhoHoldsIt) {
  const Listener v4("127.0.0.1", 17);
  const Listener v6("::1", 18);
  const Listener all("::", 19);
  const Listener path = Listener::OfUnix("/tmp/loadline-a-path-of-more-than-16.sock", 20);
  const Listener abstract = Listener::OfUnix("@loadline-abstract", 21);
  const HostReading reading = Walk();
  for (const Listener* each : {&v4, &v6, &all, &path, &abstract}) {
    const std::optional<Door> door = DoorAt(reading, each->address());
    ASSERT_TRUE(door) << each->address();
    EXPECT_EQ(door->limit, static_cast<std::uint32_t>(each->backlog())) << each->address();
    EXPECT_EQ(door->tgids, std::vector<pid_t>{getpid()}) << each->address();
    EXPECT_EQ(door->queue, 0U);
    EXPECT_EQ(door->drops, 0U);
  }
}

TEST_F(DoorsTest, QueuesGrowAndShrink) {
  const Listener tcp("127.0.0.1", 8);
  const Listener unix_socket = Listener::OfUnix("@loadline-queue", 8);
  Walk();
  for (const Listener* listener : {&tcp, &unix_socket}) {
    std::vector<int> clients;
    for (int i = 0; i < 3; ++i) {
      clients.push_back(listener->Connect());
    }
    EXPECT_TRUE(Eventually([&] { return DoorAt(Read(), listener->address())->queue == 3; }));
    close(listener->Accept());
    EXPECT_EQ(DoorAt(Read(), listener->address())->queue, 2U);
    for (const int client : clients) {
      close(client);
    }
  }
}

TEST_F(DoorsTest, WhoIsTurnedAwayIsCounted) {
  const Listener listener("127.0.0.1", 1);
  Walk();
  std::vector<int> clients;
  for (int i = 0; i < 6; ++i) {
    clients.push_back(listener.Connect(SOCK_NONBLOCK));
  }
  EXPECT_TRUE(Eventually([&] { return DoorAt(Read(), listener.address())->drops > 0; }));
  const std::optional<Door> door = DoorAt(Read(), listener.address());
  EXPECT_EQ(door->limit, 1U);
  EXPECT_EQ(door->queue, 2U);  // One more than the limit: so the kernel has it.
  for (const int client : clients) {
    close(client);
  }
}

TEST_F(DoorsTest, ProcessesWithADoorEachHaveOneEach) {
  const Listener one("127.0.0.1", 8, SO_REUSEPORT);
  const Listener other("127.0.0.1", 8, SO_REUSEPORT, one.port());
  const HostReading reading = Walk();
  std::vector<std::uint64_t> sockets;
  for (const Door& door : reading.doors) {
    if (door.address == one.address()) {
      sockets.push_back(door.socket);
    }
  }
  ASSERT_EQ(sockets.size(), 2U);
  EXPECT_NE(sockets[0], sockets[1]);
}

TEST_F(DoorsTest, ADoorThatIsClosedIsGoneAtOnce) {
  auto listener = std::make_unique<Listener>("127.0.0.1", 8);
  const std::string address = listener->address();
  ASSERT_TRUE(DoorAt(Walk(), address));
  listener.reset();
  const Listener another("127.0.0.1", 8);  // Perhaps in the same place of the kernel's memory.
  EXPECT_FALSE(DoorAt(Read(), address));
}

// A process in a network namespace of its own that listens on `port` of all addresses; 0: any.
class Elsewhere {
 public:
  explicit Elsewhere(int port) {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    child_ = fork();
    if (child_ == 0) {
      const bool away = unshare(CLONE_NEWNET) == 0;
      const Listener listener("0.0.0.0", 8, 0, port);
      const int found = away ? listener.port() : -1;
      std::ignore = write(ready[1], &found, sizeof(found));
      pause();
    }
    EXPECT_EQ(read(ready[0], &port_, sizeof(port_)), static_cast<ssize_t>(sizeof(port_)));
    close(ready[0]);
    close(ready[1]);
  }
  ~Elsewhere() {
    kill(child_, SIGKILL);
    waitpid(child_, nullptr, 0);
  }
  Elsewhere(const Elsewhere&) = delete;
  Elsewhere& operator=(const Elsewhere&) = delete;
  pid_t child() const { return child_; }
  int port() const { return port_; }  // -1: it could have no namespace.
  std::uint64_t netns() const {
    struct stat found {};
    stat(("/proc/" + std::to_string(child_) + "/ns/net").c_str(), &found);
    return found.st_ino;
  }

 private:
  pid_t child_ = 0;
  int port_ = -1;
};

TEST_F(DoorsTest, ADoorInAnotherNetworkNamespaceIsFound) {
  const Elsewhere elsewhere(0);
  if (elsewhere.port() < 0) {
    GTEST_SKIP() << "no network namespace can be had";
  }
  const HostReading reading = Walk();
  const std::string address = "0.0.0.0:" + std::to_string(elsewhere.port());
  const std::optional<Door> door = DoorAt(reading, address, elsewhere.netns());
  ASSERT_TRUE(door);
  EXPECT_EQ(door->tgids, std::vector<pid_t>{elsewhere.child()});
  EXPECT_FALSE(DoorAt(reading, address));
}

TEST_F(DoorsTest, ARequestThatNobodyReadsIsInHand) {
  const Listener all("0.0.0.0", 8);
  const Listener unix_socket = Listener::OfUnix("@loadline-request", 8);
  for (const Listener* listener : {&all, &unix_socket}) {
    const int client = listener->Connect();
    const int server = listener->Accept();
    const HostReading before = Walk();
    EXPECT_EQ(DoorAt(before, listener->address())->unread, 0U);
    const ProcessConnections had = ConnectionsOf(before, getpid());
    EXPECT_GE(had.clients, 1U);
    if (listener == &all) {
      EXPECT_EQ(DoorAt(before, all.address())->hosts, std::vector<std::string>{"127.0.0.1"});
    }

    ASSERT_EQ(write(client, "hello", 5), 5);
    EXPECT_TRUE(Eventually([&] { return DoorAt(Read(), listener->address())->unread == 1; }));
    EXPECT_EQ(ConnectionsOf(Read(), getpid()).unread, had.unread + 1);
    EXPECT_EQ(ConnectionsOf(Read(), getpid()).clients, had.clients);

    char bytes[8];
    ASSERT_EQ(read(server, bytes, sizeof(bytes)), 5);
    EXPECT_EQ(DoorAt(Read(), listener->address())->unread, 0U);
    close(client);
    close(server);
  }
}

TEST_F(DoorsTest, AnEndThatNobodyHasReadIsNoRequest) {
  const TcpPair pair;
  Walk();
  shutdown(pair.client, SHUT_WR);
  Sleep(20ms);
  EXPECT_EQ(DoorAt(Read(), pair.peer)->unread, 0U);
  EXPECT_GE(ConnectionsOf(Read(), getpid()).clients, 1U);
}

// The rest of the request is waited for: it is not in hand yet.
TEST_F(DoorsTest, ARequestThatSomebodyWaitsForIsNotInHand) {
  const TcpPair pair;
  Walk();
  std::thread reader([&] {
    char bytes[8];
    recv(pair.server, bytes, sizeof(bytes), MSG_WAITALL);
  });
  ASSERT_EQ(write(pair.client, "half", 4), 4);
  EXPECT_TRUE(Eventually([&] { return DoorAt(Read(), pair.peer)->unread == 0; }));
  Sleep(20ms);
  EXPECT_EQ(DoorAt(Read(), pair.peer)->unread, 0U);
  ASSERT_EQ(write(pair.client, "half", 4), 4);
  reader.join();
}

// As a loop has it that does something else: the entry of its epoll proves nothing.
TEST_F(DoorsTest, ARequestIsInHandAsLongAsNobodyPolls) {
  const TcpPair pair;
  const int poll = epoll_create1(0);
  epoll_event event{.events = EPOLLIN | EPOLLONESHOT, .data = {}};
  ASSERT_EQ(epoll_ctl(poll, EPOLL_CTL_ADD, pair.server, &event), 0);
  Walk();
  ASSERT_EQ(write(pair.client, "hello", 5), 5);
  EXPECT_TRUE(Eventually([&] { return DoorAt(Read(), pair.peer)->unread == 1; }));

  ASSERT_EQ(epoll_wait(poll, &event, 1, 0), 1);  // From now on, others wait in vain.
  std::thread poller([&] {
    epoll_event got{};
    epoll_wait(poll, &got, 1, -1);
  });
  EXPECT_TRUE(Eventually([&] { return DoorAt(Read(), pair.peer)->unread == 0; }));
  event.events = EPOLLIN;
  ASSERT_EQ(epoll_ctl(poll, EPOLL_CTL_MOD, pair.server, &event), 0);
  poller.join();
  EXPECT_TRUE(Eventually([&] { return DoorAt(Read(), pair.peer)->unread == 1; }));
  close(poll);
}

TEST_F(DoorsTest, WhatIsHeldByTwoProcessesCountsForBoth) {
  const TcpPair pair;
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  const HostReading reading = Walk();
  std::vector<pid_t> both = {getpid(), child};
  std::ranges::sort(both);
  EXPECT_EQ(DoorAt(reading, pair.peer)->tgids, both);
  EXPECT_GE(ConnectionsOf(reading, child).clients, 1U);
  EXPECT_GE(ConnectionsOf(reading, getpid()).clients, 1U);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

TEST_F(DoorsTest, AClientHasTakenNothing) {
  const pid_t child = fork();
  if (child == 0) {
    pause();
    _exit(0);
  }
  const TcpPair pair;
  EXPECT_EQ(ConnectionsOf(Walk(), child).clients, 0U);
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
}

// Prints what the walk and the readings cost. The bound is 1 ms for 1,000 sockets.
TEST_F(DoorsTest, SocketsAreReadFast) {
  constexpr int kConnections = 400;
  const Listener listener("127.0.0.1", kConnections);
  std::vector<int> fds;
  for (int i = 0; i < kConnections; ++i) {
    fds.push_back(listener.Connect());
    fds.push_back(listener.Accept());
  }
  auto probes = DoorProbes::Load();
  ASSERT_TRUE(probes.ok()) << probes.status();
  std::vector<FoundSocket> found;
  DoorBook book;
  Clock::Duration walk = 1h;
  for (int i = 0; i < 5; ++i) {
    const Clock::Time began = Now();
    ASSERT_TRUE((*probes)->Find(found).ok());
    walk = std::min(walk, Now() - began);
    book.Take(found);
    (*probes)->SetPorts(book.ports());
  }
  const std::size_t count = book.Ask((*probes)->sockets());
  ASSERT_GE(count, static_cast<std::size_t>(kConnections));
  Clock::Duration read = 1h;
  for (int i = 0; i < 20; ++i) {
    const Clock::Time began = Now();
    ASSERT_TRUE((*probes)->Read(count).ok());
    read = std::min(read, Now() - began);
  }
  const auto seen = std::ranges::count_if((*probes)->sockets().first(count),
                                          [](const ll_socket& each) { return each.seen != 0; });
  EXPECT_EQ(static_cast<std::size_t>(seen), count);
  const auto files = static_cast<std::int64_t>((*probes)->files());
  std::printf(
      "%lld files: %lld us in all, %lld ns each; %zu sockets: %lld us in all, %lld ns each\n",
      static_cast<long long>(files), static_cast<long long>(walk / 1us),
      static_cast<long long>((walk / files).count()), count, static_cast<long long>(read / 1us),
      static_cast<long long>((read / static_cast<std::int64_t>(count)).count()));
  EXPECT_LT(read / static_cast<std::int64_t>(count), 1us);
  for (const int fd : fds) {
    close(fd);
  }
}

}  // namespace
}  // namespace loadline::agent
