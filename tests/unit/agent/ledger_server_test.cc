// SPDX-License-Identifier: Apache-2.0
// Goal: whoever asks gets the ledger of the process that connected, or a reason; and nothing stays
// registered. Method: real sockets of this process, and a keeper of ledgers that the test plays.
#include "agent/src/publish/ledger_server.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cstring>
#include <fstream>
#include <optional>
#include <utility>

#include "loadline/testing/eventually.h"
#include "loadline/testing/fake_clock.h"
#include "loadline/testing/fake_ledgers.h"
#include "loadline/testing/temp_dir.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""s;
using testing::Eventually;
using testing::FakeLedgers;

struct Answer {
  ll_ledger_answer words{};
  int fd = -1;
};

class Client {
 public:
  Client() : fd_(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  explicit Client(const std::string& path) : Client() { Connect(path); }
  ~Client() { close(fd_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  void Connect(const std::string& path) const {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  }
  void Ask(__u32 version = LL_ABI_VERSION) const {
    const ll_ledger_request request{.version = version, .reserved = 0};
    EXPECT_EQ(send(fd_, &request, sizeof request, MSG_NOSIGNAL), ssize_t{sizeof request});
  }
  // nullopt: the server closed the connection.
  std::optional<Answer> Read() const {
    pollfd event{.fd = fd_, .events = POLLIN, .revents = 0};
    EXPECT_EQ(poll(&event, 1, 10'000), 1) << "no answer";
    Answer answer;
    iovec content{.iov_base = &answer.words, .iov_len = sizeof answer.words};
    alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))]{};
    msghdr message{};
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof control;
    const ssize_t got = recvmsg(fd_, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
    if (got != sizeof answer.words) {
      return std::nullopt;
    }
    if (const cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr) {
      std::memcpy(&answer.fd, CMSG_DATA(part), sizeof answer.fd);
      struct stat file {};
      EXPECT_EQ(fstat(answer.fd, &file), 0);
      close(answer.fd);
    }
    return answer;
  }

 private:
  int fd_ = -1;
};

class LedgerServerTest : public ::testing::Test {
 protected:
  void Start(Ledgers* ledgers) {
    auto listener = UnixListener::Bind({.path = path_, .mode = 0666, .group = ""});
    ASSERT_TRUE(listener.ok()) << listener.status();
    auto server = LedgerServer::Start(*std::move(listener), ledgers, clock_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  void SetUp() override { Start(&ledgers_); }

  // What one connection is told at once.
  std::optional<__u32> StatusOf(__u32 version = LL_ABI_VERSION) const {
    const Client client(path_);
    client.Ask(version);
    const std::optional<Answer> answer = client.Read();
    EXPECT_TRUE(answer.has_value());
    EXPECT_FALSE(client.Read().has_value()) << "who is refused is hung up on";
    return answer ? std::optional(answer->words.status) : std::nullopt;
  }

  const testing::TempDir dir_;
  const std::string path_ = dir_.path() + "/ledger.sock";
  testing::FakeClock clock_;
  FakeLedgers ledgers_;
  std::unique_ptr<LedgerServer> server_;
};

TEST_F(LedgerServerTest, GivesTheLedgerOfWhoeverConnected) {
  {
    const Client client(path_);
    client.Ask();
    const std::optional<Answer> answer = client.Read();
    ASSERT_TRUE(answer.has_value());
    EXPECT_EQ(answer->words.version, static_cast<__u32>(LL_ABI_VERSION));
    EXPECT_EQ(answer->words.status, static_cast<__u32>(LL_LEDGER_GIVEN));
    EXPECT_EQ(answer->words.slots, 16U);
    EXPECT_EQ(answer->words.generation, 1U);
    EXPECT_GE(answer->fd, 0);
    EXPECT_TRUE(ledgers_.IsOpen(getpid()));
    EXPECT_EQ(server_->stats().given_total, 1U);
  }
  EXPECT_TRUE(Eventually([&] { return !ledgers_.IsOpen(getpid()); }));
  const Client again(path_);
  again.Ask();
  EXPECT_EQ(again.Read()->words.status, static_cast<__u32>(LL_LEDGER_GIVEN));
}

TEST_F(LedgerServerTest, RefusalsHaveReasonsAndAreCounted) {
  EXPECT_EQ(StatusOf(LL_ABI_VERSION + 1), LL_LEDGER_VERSION);
  ledgers_.Fail(absl::ResourceExhaustedError("too many"));
  EXPECT_EQ(StatusOf(), LL_LEDGER_FULL);
  ledgers_.Fail(absl::NotFoundError("who?"));
  EXPECT_EQ(StatusOf(), LL_LEDGER_NAMESPACE);
  ledgers_.Fail(absl::InternalError("the kernel"));
  EXPECT_EQ(StatusOf(), LL_LEDGER_FAILED);
  ledgers_.Fail(absl::OkStatus());
  const Client first(path_);
  first.Ask();
  EXPECT_EQ(first.Read()->words.status, static_cast<__u32>(LL_LEDGER_GIVEN));
  EXPECT_EQ(StatusOf(), LL_LEDGER_TAKEN);
  EXPECT_TRUE(ledgers_.IsOpen(getpid())) << "the first one's stays";
  const LedgerServer::Stats stats = server_->stats();
  for (const ll_ledger_status status : {LL_LEDGER_VERSION, LL_LEDGER_FULL, LL_LEDGER_NAMESPACE,
                                        LL_LEDGER_FAILED, LL_LEDGER_TAKEN}) {
    EXPECT_EQ(stats.refused_total[status], 1U) << status;
  }
}

TEST_F(LedgerServerTest, WithoutProbesEverybodyIsRefused) {
  server_.reset();
  Start(nullptr);
  EXPECT_EQ(StatusOf(), LL_LEDGER_SOURCE);
}

TEST_F(LedgerServerTest, ALargerLedgerIsSentWhenItIsNeeded) {
  const Client client(path_);
  client.Ask();
  ASSERT_TRUE(client.Read().has_value());
  ledgers_.Needs(getpid(), Ledgers::Need::kRoom);
  clock_.Advance(1s);
  const std::optional<Answer> answer = client.Read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->words.slots, 32U);
  EXPECT_EQ(answer->words.generation, 2U);
  EXPECT_GE(answer->fd, 0);
  EXPECT_EQ(server_->stats().replaced_total, 1U);
}

TEST_F(LedgerServerTest, WhoExecutedAnotherProgramIsToldAndLeft) {
  const Client client(path_);
  client.Ask();
  ASSERT_TRUE(client.Read().has_value());
  ledgers_.Needs(getpid(), Ledgers::Need::kClose);
  clock_.Advance(1s);
  EXPECT_EQ(client.Read()->words.status, static_cast<__u32>(LL_LEDGER_IMAGE));
  EXPECT_FALSE(client.Read().has_value());
  EXPECT_TRUE(Eventually([&] { return !ledgers_.IsOpen(getpid()); }));
}

TEST_F(LedgerServerTest, WhoDoesNotKeepToTheContractIsHungUpOn) {
  const Client silent(path_);
  const Client talkative(path_);
  talkative.Ask();
  ASSERT_TRUE(talkative.Read().has_value());
  talkative.Ask();
  EXPECT_FALSE(talkative.Read().has_value()) << "one request, one ledger";
  clock_.Advance(LedgerServer::kSilenceMax + 1s);
  EXPECT_FALSE(silent.Read().has_value());
}

// Whoever holds the connection then is somebody else, and its number may be anybody's.
TEST_F(LedgerServerTest, WhoEndsWhileItsLedgerIsOpenedLeavesItToNobody) {
  const Client shared;
  ledgers_.Meanwhile([](pid_t tgid) {
    kill(tgid, SIGKILL);
    waitpid(tgid, nullptr, 0);
  });
  const pid_t asks = fork();
  if (asks == 0) {
    shared.Connect(path_);
    shared.Ask();
    pause();
    _exit(0);
  }
  ASSERT_TRUE(Eventually([&] { return server_->stats().refused_total[LL_LEDGER_NAMESPACE] == 1; }));
  const std::optional<Answer> answer = shared.Read();
  ASSERT_TRUE(answer.has_value());
  EXPECT_EQ(answer->words.status, static_cast<__u32>(LL_LEDGER_NAMESPACE));
  EXPECT_EQ(answer->fd, -1);
  EXPECT_FALSE(ledgers_.IsOpen(asks));
}

// 0: the kernel does not let this process choose.
pid_t ForkAs(pid_t wanted) {
  for (int tries = 0; tries < 200; ++tries) {
    std::ofstream("/proc/sys/kernel/ns_last_pid") << wanted - 1;
    const pid_t child = fork();
    if (child == 0) {
      pause();
      _exit(0);
    }
    if (child == wanted) {
      return child;
    }
    kill(child, SIGKILL);
    waitpid(child, nullptr, 0);
  }
  return 0;
}

// It is gone before its connection is accepted, and its number is another process's.
TEST_F(LedgerServerTest, ANumberThatCameBackIsNotWhoConnected) {
  const Client shared;
  std::atomic<pid_t> victim{-1};
  ledgers_.Meanwhile([&](pid_t) {
    const pid_t asks = fork();
    if (asks == 0) {
      shared.Connect(path_);
      shared.Ask();
      _exit(0);
    }
    waitpid(asks, nullptr, 0);
    victim = ForkAs(asks);
  });
  const Client first(path_);
  first.Ask();
  ASSERT_TRUE(first.Read().has_value());
  if (victim == 0) {
    GTEST_SKIP() << "needs root, to give a number to the next process";
  }
  const std::optional<Answer> answer = shared.Read();
  EXPECT_TRUE(!answer.has_value() || answer->fd == -1);
  EXPECT_FALSE(ledgers_.IsOpen(victim));
  kill(victim, SIGKILL);
  waitpid(victim, nullptr, 0);
}

// The connection may live on in a child.
TEST_F(LedgerServerTest, ARegistrationEndsWithItsProcess) {
  int child_done[2];
  ASSERT_EQ(pipe(child_done), 0);
  const pid_t registered = fork();
  if (registered == 0) {
    const Client client(path_);
    client.Ask();
    const bool given = client.Read().has_value();
    if (fork() == 0) {  // Holds the connection open.
      char byte = 0;
      close(child_done[1]);
      _exit(read(child_done[0], &byte, 1) == 0 ? 0 : 1);
    }
    while (given) {
      pause();
    }
    _exit(1);
  }
  EXPECT_TRUE(Eventually([&] { return ledgers_.IsOpen(registered); }));
  kill(registered, SIGKILL);
  waitpid(registered, nullptr, 0);
  EXPECT_TRUE(Eventually([&] { return !ledgers_.IsOpen(registered); }));
  close(child_done[0]);
  close(child_done[1]);
}

// A process of user 65534 that asks, keeps what it gets, and lives as long as this object.
class OfNobody {
 public:
  explicit OfNobody(const std::string& path) {
    int told[2];
    EXPECT_EQ(pipe(told), 0);
    pid_ = fork();
    if (pid_ == 0) {
      if (setresuid(65534, 65534, 65534) != 0) {
        _exit(1);
      }
      const Client client(path);
      client.Ask();
      const std::optional<Answer> answer = client.Read();
      const __u32 status = answer ? answer->words.status : __u32{LL_LEDGER_STATUS_COUNT};
      _exit(write(told[1], &status, sizeof status) > 0 && pause());
    }
    close(told[1]);
    EXPECT_EQ(read(told[0], &status_, sizeof status_), ssize_t{sizeof status_});
    close(told[0]);
  }
  ~OfNobody() {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  OfNobody(const OfNobody&) = delete;
  OfNobody& operator=(const OfNobody&) = delete;

  pid_t pid() const { return pid_; }
  __u32 status() const { return status_; }

 private:
  pid_t pid_ = 0;
  __u32 status_ = LL_LEDGER_STATUS_COUNT;
};

TEST_F(LedgerServerTest, OneUserLeavesRoomForTheOthers) {
  if (geteuid() != 0) {
    GTEST_SKIP() << "needs root, to be another user";
  }
  ASSERT_EQ(chmod(dir_.path().c_str(), 0755), 0);
  ledgers_.HaveSlots(LedgerServer::kBytesOfUserMax / sizeof(ll_slot) / 4 * 3);
  std::optional<OfNobody> first(path_);
  EXPECT_EQ(first->status(), LL_LEDGER_GIVEN);
  const OfNobody second(path_);
  EXPECT_EQ(second.status(), LL_LEDGER_FULL);
  EXPECT_FALSE(ledgers_.IsOpen(second.pid()));
  EXPECT_EQ(server_->stats().refused_total[LL_LEDGER_FULL], 1U);
  const Client root(path_);
  root.Ask();
  EXPECT_EQ(root.Read()->words.status, static_cast<__u32>(LL_LEDGER_GIVEN));

  // Nor does one that has much already get more.
  ledgers_.Needs(first->pid(), Ledgers::Need::kRoom);
  ledgers_.Needs(getpid(), Ledgers::Need::kRoom);
  clock_.Advance(1s);
  EXPECT_TRUE(root.Read().has_value());
  EXPECT_EQ(server_->stats().replaced_total, 1U);

  const pid_t gone = first->pid();
  first.reset();
  EXPECT_TRUE(Eventually([&] { return !ledgers_.IsOpen(gone); }));
  const OfNobody third(path_);
  EXPECT_EQ(third.status(), LL_LEDGER_GIVEN);
}

}  // namespace
}  // namespace loadline::agent
