// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string>

#include "loadline/clock.h"
#include "loadline/testing/temp_dir.h"
#include "loadline_abi/ledger.h"

namespace loadline::testing {

// An array of slots as a process would map it, which the test writes in the kernel's place.
class FakeLedger {
 public:
  FakeLedger(std::uint32_t slots, std::uint32_t generation) : slots_(slots) {
    fd_ = memfd_create("ledger", MFD_CLOEXEC);
    EXPECT_EQ(ftruncate(fd_, static_cast<off_t>(bytes())), 0);
    memory_ = mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, fd_, 0);
    header().version = LL_ABI_VERSION;
    header().slots = slots;
    header().generation = generation;
    header().used = 1;
  }
  ~FakeLedger() {
    munmap(memory_, bytes());
    close(fd_);
  }
  FakeLedger(const FakeLedger&) = delete;
  FakeLedger& operator=(const FakeLedger&) = delete;

  int fd() const { return fd_; }
  std::uint32_t slots() const { return slots_; }
  ll_ledger_header& header() { return *static_cast<ll_ledger_header*>(memory_); }
  ll_slot& slot(std::uint32_t index) { return static_cast<ll_slot*>(memory_)[index]; }

  void ShowAlive(Clock::Time now) {
    header().alive_ns = static_cast<__u64>(now.time_since_epoch().count());
  }
  ll_slot& Give(std::uint32_t index, pid_t tid) {
    slot(index).tid_inner = static_cast<__u32>(tid);
    slot(index).state = LL_STATE_RUNNING;
    slot(index).started_ns = 1;
    return slot(index);
  }

 private:
  std::size_t bytes() const { return slots_ * sizeof(ll_slot); }

  const std::uint32_t slots_;
  int fd_ = -1;
  void* memory_ = nullptr;
};

// The agent's end of ledger.sock: what it answers is the test's to say.
class FakeLedgerAgent {
 public:
  FakeLedgerAgent() { Listen(); }
  ~FakeLedgerAgent() { Die(); }
  FakeLedgerAgent(const FakeLedgerAgent&) = delete;
  FakeLedgerAgent& operator=(const FakeLedgerAgent&) = delete;

  std::string self_socket() const { return dir_.path() + "/self.sock"; }

  void Listen() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = dir_.path() + "/ledger.sock";
    std::memcpy(address.sun_path, path.data(), path.size());
    listener_ = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    EXPECT_EQ(bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(listen(listener_, 8), 0);
  }
  // Whether somebody asks; the request is read.
  bool Accept() {
    const int accepted = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) {
      return false;
    }
    close(connection_);
    connection_ = accepted;
    ll_ledger_request request{};
    EXPECT_EQ(read(connection_, &request, sizeof request), ssize_t{sizeof request});
    EXPECT_EQ(request.version, static_cast<__u32>(LL_ABI_VERSION));
    return true;
  }
  void Give(FakeLedger& ledger) {
    Send({.version = LL_ABI_VERSION,
          .status = LL_LEDGER_GIVEN,
          .slots = ledger.slots(),
          .generation = ledger.header().generation},
         ledger.fd());
  }
  void Refuse(ll_ledger_status status) {
    Send({.version = LL_ABI_VERSION,
          .status = static_cast<__u32>(status),
          .slots = 0,
          .generation = 0},
         -1);
  }
  void Send(ll_ledger_answer answer, int fd) {
    iovec content{.iov_base = &answer, .iov_len = sizeof answer};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    msghdr message{};
    message.msg_iov = &content;
    message.msg_iovlen = 1;
    if (fd >= 0) {
      message.msg_control = control.data();
      message.msg_controllen = control.size();
      cmsghdr* header = CMSG_FIRSTHDR(&message);
      header->cmsg_level = SOL_SOCKET;
      header->cmsg_type = SCM_RIGHTS;
      header->cmsg_len = CMSG_LEN(sizeof(int));
      std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    }
    EXPECT_EQ(sendmsg(connection_, &message, MSG_NOSIGNAL), ssize_t{sizeof answer});
  }
  // Whether the other end is closed, in all processes that had it.
  bool HasEnded() const {
    char byte = 0;
    return recv(connection_, &byte, 1, MSG_DONTWAIT | MSG_PEEK) == 0;
  }
  void HangUp() {
    close(connection_);
    connection_ = -1;
  }
  void Die() {
    HangUp();
    close(listener_);
    listener_ = -1;
    unlink((dir_.path() + "/ledger.sock").c_str());
  }

 private:
  const TempDir dir_;
  int listener_ = -1;
  int connection_ = -1;
};

}  // namespace loadline::testing
