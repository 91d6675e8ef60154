// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <memory>

#include "tests/bpf/wait_case.h"

namespace loadline::agent {
namespace {

// Two ends: what is written to one is read from the other.
struct Ends {
  std::array<int, 2> fds{-1, -1};
  Ends() = default;
  Ends(const Ends&) = delete;
  Ends& operator=(const Ends&) = delete;
  ~Ends() {
    close(fds[0]);
    close(fds[1]);
  }
  int reader() const { return fds[0]; }
  void Write() const {
    const std::array<char, 8> bytes{1};
    if (write(fds[1], bytes.data(), bytes.size()) < 0) {
      std::abort();
    }
  }
  void Read() const {
    std::array<char, 8> bytes;
    if (read(fds[0], bytes.data(), bytes.size()) < 0) {
      std::abort();
    }
  }
};

std::shared_ptr<Ends> Pipe() {
  auto ends = std::make_shared<Ends>();
  return pipe(ends->fds.data()) == 0 ? ends : nullptr;
}

std::shared_ptr<Ends> UnixPair() {
  auto ends = std::make_shared<Ends>();
  return socketpair(AF_UNIX, SOCK_STREAM, 0, ends->fds.data()) == 0 ? ends : nullptr;
}

std::shared_ptr<Ends> EventFd() {
  auto ends = std::make_shared<Ends>();
  ends->fds[0] = eventfd(0, 0);
  ends->fds[1] = dup(ends->fds[0]);
  return ends;
}

WaitCase ReadFrom(std::string name, WaitReason reason, std::shared_ptr<Ends> ends) {
  return {.name = std::move(name),
          .reason = reason,
          .enter = [ends] { ends->Read(); },
          .release = [ends] { ends->Write(); }};
}

WaitCase PollOf(std::string name, WaitReason reason, std::shared_ptr<Ends> ends) {
  return {.name = std::move(name),
          .reason = reason,
          .enter =
              [ends] {
                pollfd set{.fd = ends->reader(), .events = POLLIN, .revents = 0};
                poll(&set, 1, -1);
                ends->Read();
              },
          .release = [ends] { ends->Write(); }};
}

// Nobody writes to four of the five.
WaitCase PollOfMany() {
  std::array<std::shared_ptr<Ends>, 5> pairs;
  for (auto& pair : pairs) {
    pair = UnixPair();
  }
  return {.name = "poll_many",
          .reason = WaitReason::kPoll,
          .enter =
              [pairs] {
                std::array<pollfd, 5> set;
                for (std::size_t i = 0; i < pairs.size(); ++i) {
                  set[i] = {.fd = pairs[i]->reader(), .events = POLLIN, .revents = 0};
                }
                poll(set.data(), set.size(), -1);
                pairs[0]->Read();
              },
          .release = [pairs] { pairs[0]->Write(); }};
}

WaitCase Epoll() {
  auto ends = Pipe();
  const int epoll = epoll_create1(0);
  epoll_event event{.events = EPOLLIN, .data = {}};
  epoll_ctl(epoll, EPOLL_CTL_ADD, ends->reader(), &event);
  return {.name = "epoll",
          .reason = WaitReason::kPoll,
          .enter =
              [ends, epoll] {
                epoll_event ready;
                epoll_wait(epoll, &ready, 1, -1);
                ends->Read();
              },
          .release = [ends] { ends->Write(); }};
}

WaitCase TimerFd() {
  const int timer = timerfd_create(CLOCK_MONOTONIC, 0);
  return {.name = "timerfd", .reason = WaitReason::kSleep, .enter = [timer] {
            itimerspec spec{};
            spec.it_value.tv_nsec = 20'000'000;
            timerfd_settime(timer, 0, &spec, nullptr);
            std::uint64_t ticks;
            if (read(timer, &ticks, sizeof(ticks)) < 0) {
              std::abort();
            }
          }};
}

}  // namespace

std::vector<WaitCase> DescriptorCases() {
  return {ReadFrom("pipe", WaitReason::kIpc, Pipe()),
          ReadFrom("unix_socket", WaitReason::kIpc, UnixPair()),
          ReadFrom("eventfd", WaitReason::kIpc, EventFd()),
          PollOf("poll_unix_socket", WaitReason::kIpc, UnixPair()),
          PollOf("poll_eventfd", WaitReason::kPoll, EventFd()),
          PollOfMany(),
          Epoll(),
          TimerFd()};
}

}  // namespace loadline::agent
