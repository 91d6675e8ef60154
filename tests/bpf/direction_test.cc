// SPDX-License-Identifier: Apache-2.0
// Goal: a wait on a connection says which way work goes: for a request, for an answer, or for work
// that the far end hands out; and who waits in the same place is seen to.
// Method: threads that wait in known ways on ports above 32768, where a port alone says nothing.
// $LOADLINE_TEST_SOURCE is the source under test.
#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cstdlib>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <utility>

#include "agent/src/kernel/bpf_source.h"
#include "agent/src/kernel/iter_source.h"
#include "tests/bpf/listeners.h"
#include "tests/bpf/probes_env.h"
#include "tests/bpf/tcp_pair.h"

namespace loadline::agent {

absl::StatusOr<std::unique_ptr<Source>> OpenTestSource() {
  const char* name = std::getenv("LOADLINE_TEST_SOURCE");
  if (name != nullptr && std::string_view(name) == "iter") {
    return IterSource::Create(static_cast<int>(std::thread::hardware_concurrency()));
  }
  return BpfSource::Create();
}

namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

// Longer than a tick: what was sent and what came have different times.
constexpr Clock::Duration kTick = 20ms;

// A thread that waits until `release` is called.
class Waiter {
 public:
  Waiter(std::function<void()> wait, std::function<void()> release)
      : release_(std::move(release)), thread_([this, wait = std::move(wait)] {
          tid_ = ThisThread();
          wait();
        }) {}
  ~Waiter() {
    release_();
    thread_.join();
  }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  // As it is seen once it waits for `reason`.
  ThreadSample Seen(WaitReason reason) const {
    std::optional<ThreadSample> seen;
    EXPECT_TRUE(Eventually([&] {
      seen = tid_ == 0 ? std::nullopt : ReadThread(tid_);
      return seen && seen->state == ThreadState::kBlocked && seen->reason == reason;
    })) << (seen ? static_cast<int>(seen->reason) : -1);
    return seen.value_or(ThreadSample{});
  }

 private:
  std::function<void()> release_;
  std::atomic<pid_t> tid_ = 0;
  std::thread thread_;
};

void Send(int fd, std::size_t bytes = 1) {
  const std::string text(bytes, 'x');
  ASSERT_EQ(write(fd, text.data(), text.size()), static_cast<ssize_t>(bytes));
}

void Receive(int fd) {
  char byte;
  ASSERT_EQ(recv(fd, &byte, 1, 0), 1);
}

ThreadSample WaitingToReceive(int fd, int other, WaitReason reason = WaitReason::kNetwork) {
  const Waiter waiter([fd] { Receive(fd); }, [other] { Send(other); });
  return waiter.Seen(reason);
}

// Sockets that are there before the first reading, whose walk finds them.
struct World {
  Listener listener{"127.0.0.1", 8};
  Listener listener6{"::1", 8};
  Listener unix_listener = Listener::OfUnix("@ll-direction", 8);
};

class DirectionTest : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    world_ = std::make_unique<World>();
    ReadHost();
  }
  static void TearDownTestSuite() { world_.reset(); }

  static std::unique_ptr<World> world_;
};

std::unique_ptr<World> DirectionTest::world_;

struct Ends {
  explicit Ends(const Listener& listener) : client(listener.Connect()), server(listener.Accept()) {}
  ~Ends() {
    close(client);
    close(server);
  }
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;
  int client;
  int server;
};

TEST_F(DirectionTest, AServerOnAnyPortWaitsForRequests) {
  for (const Listener* listener : {&world_->listener, &world_->listener6}) {
    ASSERT_GE(listener->port(), 32768);
    const Ends ends(*listener);
    const ThreadSample seen = WaitingToReceive(ends.server, ends.client);
    EXPECT_EQ(seen.asks, Asks::kRequest);
    EXPECT_TRUE(seen.peer.text.ends_with(":*")) << seen.peer.text;
  }
}

// Whatever it has sent.
TEST_F(DirectionTest, AServerThatHasAnsweredWaitsForRequests) {
  const Ends ends(world_->listener);
  Send(ends.client);
  Receive(ends.server);
  Sleep(kTick);
  Send(ends.server);
  EXPECT_EQ(WaitingToReceive(ends.server, ends.client).asks, Asks::kRequest);
}

TEST_F(DirectionTest, WhoHasSentSomethingWaitsForAnAnswer) {
  for (const Listener* listener : {&world_->listener, &world_->listener6}) {
    const Ends ends(*listener);
    Sleep(kTick);
    Send(ends.client);
    const ThreadSample seen = WaitingToReceive(ends.client, ends.server);
    EXPECT_EQ(seen.asks, Asks::kAnswer);
    EXPECT_EQ(seen.peer.text, listener->address());
  }
}

TEST_F(DirectionTest, WhoHasSentNothingSinceSomethingCameWaitsForWork) {
  const Ends ends(world_->listener);
  Send(ends.client);
  Sleep(kTick);
  Send(ends.server);
  Receive(ends.client);
  const ThreadSample seen = WaitingToReceive(ends.client, ends.server);
  EXPECT_EQ(seen.asks, Asks::kWork);
  EXPECT_EQ(seen.peer.text, world_->listener.address());
}

TEST_F(DirectionTest, AServerThatCannotSendDoesNotWaitForARequest) {
  const Ends ends(world_->listener);
  std::atomic<bool> done = false;
  const auto drain = [&] {
    std::string bytes(1 << 20, ' ');
    while (!done) {
      std::ignore = recv(ends.client, bytes.data(), bytes.size(), MSG_DONTWAIT);
    }
  };
  const Waiter waiter(
      [&] {
        Send(ends.server, std::size_t{64} << 20);
        done = true;
      },
      drain);
  EXPECT_EQ(waiter.Seen(WaitReason::kNetwork).asks, Asks::kAnswer);
}

// A port that somebody listens on in another place says nothing of a client that happens to have
// it.
TEST_F(DirectionTest, AClientWithAListenersPortIsAClient) {
  const Listener& listener = world_->listener;
  sockaddr_in local{};
  local.sin_family = AF_INET;
  local.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);  // Another address than the listener's.
  local.sin_port = htons(static_cast<std::uint16_t>(world_->listener.port()));
  const int client = socket(AF_INET, SOCK_STREAM, 0);
  ASSERT_EQ(bind(client, reinterpret_cast<sockaddr*>(&local), sizeof(local)), 0);
  const Listener other("127.0.0.1", 8);
  sockaddr_in remote{};
  socklen_t length = sizeof(remote);
  getsockname(other.fd(), reinterpret_cast<sockaddr*>(&remote), &length);
  ASSERT_EQ(connect(client, reinterpret_cast<sockaddr*>(&remote), length), 0);
  const int server = other.Accept();
  Send(client);
  const ThreadSample seen = WaitingToReceive(client, server);
  EXPECT_EQ(seen.asks, Asks::kAnswer);
  EXPECT_EQ(seen.peer.text, other.address());
  ASSERT_NE(listener.port(), other.port());
  close(client);
  close(server);
}

// The same of a port that connect() has chosen, which another network namespace listens on.
TEST_F(DirectionTest, AClientWithAPortThatIsListenedOnElsewhereIsAClient) {
  constexpr int kLocalPortRange = 51;  // IP_LOCAL_PORT_RANGE: since 6.3.
  const auto port = static_cast<std::uint32_t>(world_->listener.port());
  std::array<int, 2> answer{};
  ASSERT_EQ(pipe(answer.data()), 0);
  const pid_t child = fork();
  if (child == 0) {
    const std::uint32_t range = port << 16 | port;
    bool right = unshare(CLONE_NEWNET) == 0 && std::system("ip link set lo up 2>/dev/null") == 0;
    const int client = socket(AF_INET, SOCK_STREAM, 0);
    right = right && setsockopt(client, SOL_IP, kLocalPortRange, &range, sizeof(range)) == 0;
    const char word = right ? 'y' : 'n';
    std::ignore = write(answer[1], &word, 1);
    if (right) {
      const Listener listener("127.0.0.1", 8, 0, 5432);
      sockaddr_in remote{};
      socklen_t length = sizeof(remote);
      getsockname(listener.fd(), reinterpret_cast<sockaddr*>(&remote), &length);
      char byte = 'x';
      if (connect(client, reinterpret_cast<sockaddr*>(&remote), length) != 0 ||
          write(client, &byte, 1) != 1 || recv(client, &byte, 1, 0) != 1) {
        _exit(1);
      }
    }
    _exit(0);
  }
  char word = 'n';
  ASSERT_EQ(read(answer[0], &word, 1), 1);
  close(answer[0]);
  close(answer[1]);
  if (word == 'y') {
    std::optional<ThreadSample> seen;
    EXPECT_TRUE(Eventually([&] {
      seen = ReadThread(child, child);
      return seen && seen->reason == WaitReason::kNetwork && seen->state == ThreadState::kBlocked &&
             !seen->peer.text.empty();
    }));
    EXPECT_EQ(seen->asks, Asks::kAnswer);
    EXPECT_EQ(seen->peer.text, "127.0.0.1:5432");
  }
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  if (word != 'y') {
    GTEST_SKIP() << "needs a network namespace, and IP_LOCAL_PORT_RANGE";
  }
}

TEST_F(DirectionTest, AServerAtAPathWaitsForRequestsAndWhatItsClientWaitsForIsNotKnown) {
  const Ends ends(world_->unix_listener);
  EXPECT_EQ(WaitingToReceive(ends.server, ends.client, WaitReason::kIpc).asks, Asks::kRequest);
  const ThreadSample client = WaitingToReceive(ends.client, ends.server, WaitReason::kIpc);
  EXPECT_EQ(client.asks, Asks::kUnknown);
  EXPECT_EQ(client.peer.text, "@ll-direction");
}

struct Epoll {
  int fd = epoll_create1(0);
  std::array<int, 2> ends{};
  Epoll() {
    EXPECT_EQ(pipe(ends.data()), 0);
    epoll_event event{.events = EPOLLIN, .data = {}};
    EXPECT_EQ(epoll_ctl(fd, EPOLL_CTL_ADD, ends[0], &event), 0);
  }
  ~Epoll() {
    close(fd);
    close(ends[0]);
    close(ends[1]);
  }
  Epoll(const Epoll&) = delete;
  Epoll& operator=(const Epoll&) = delete;
  void Wait() const {
    epoll_event event{};
    epoll_wait(fd, &event, 1, -1);
  }
  void Wake() const { Send(ends[1]); }
};

TEST_F(DirectionTest, WhoPollsOneEpollIsInOnePlace) {
  const Epoll one;
  const Epoll other;
  const Waiter a([&] { one.Wait(); }, [&] { one.Wake(); });
  const Waiter b([&] { one.Wait(); }, [&] { one.Wake(); });
  const Waiter c([&] { other.Wait(); }, [&] { other.Wake(); });
  const std::uint64_t place = a.Seen(WaitReason::kPoll).place;
  EXPECT_NE(place, 0U);
  EXPECT_EQ(b.Seen(WaitReason::kPoll).place, place);
  EXPECT_NE(c.Seen(WaitReason::kPoll).place, place);
  EXPECT_NE(c.Seen(WaitReason::kPoll).place, 0U);
}

// In readings of the host, which look at those only of whom there is news.
TEST_F(DirectionTest, ReadingsOfTheHostSayThePlaceOfAWaitThatIsNew) {
  const Epoll epoll;
  ReadHost();
  const Waiter waiter([&] { epoll.Wait(); }, [&] { epoll.Wake(); });
  const ThreadSample wanted = waiter.Seen(WaitReason::kPoll);
  const HostReading reading = ReadHost();
  for (const ThreadSample& thread : reading.threads) {
    if (thread.tid == wanted.tid) {
      EXPECT_EQ(thread.place, wanted.place);
      return;
    }
  }
  ADD_FAILURE() << "the thread is not in the reading";
}

TEST_F(DirectionTest, WhoAcceptsAtOneListenerIsInOnePlace) {
  const Listener listener("127.0.0.1", 8);
  const auto accept_one = [&] { close(listener.Accept()); };
  const auto connect_two = [&] {  // Either may be the one who gets the first.
    close(listener.Connect());
    close(listener.Connect());
  };
  const Waiter a(accept_one, connect_two);
  const Waiter b(accept_one, connect_two);
  const std::uint64_t place = a.Seen(WaitReason::kPoll).place;
  EXPECT_NE(place, 0U);
  EXPECT_EQ(b.Seen(WaitReason::kPoll).place, place);
}

}  // namespace
}  // namespace loadline::agent
