// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/select.h>

#include <memory>

#include "tests/bpf/tcp_pair.h"
#include "tests/bpf/wait_case.h"

namespace loadline::agent {
namespace {

WaitCase Over(std::string name, std::shared_ptr<TcpPair> pair, std::function<void()> before) {
  return {.name = std::move(name),
          .reason = WaitReason::kNetwork,
          .enter =
              [pair, before] {
                before();
                pair->Receive();
              },
          .release = [pair] { pair->Answer(); },
          .peer = pair->peer};
}

WaitCase Recv(std::string name, std::shared_ptr<TcpPair> pair) {
  return Over(std::move(name), std::move(pair), [] {});
}

void PollOne(int fd) {
  pollfd set{.fd = fd, .events = POLLIN, .revents = 0};
  poll(&set, 1, -1);
}

// As libpq does.
WaitCase PollThenRecv() {
  auto pair = std::make_shared<TcpPair>();
  return Over("poll_then_recv", pair, [pair] { PollOne(pair->client); });
}

WaitCase PollTwoThenRecv() {
  auto pair = std::make_shared<TcpPair>();
  auto silent = std::make_shared<TcpPair>();
  return Over("poll_two_then_recv", pair, [pair, silent] {
    pollfd set[] = {{.fd = pair->client, .events = POLLIN, .revents = 0},
                    {.fd = silent->client, .events = POLLIN, .revents = 0}};
    poll(set, 2, -1);
  });
}

// As HTTP clients do.
WaitCase SelectThenRecv() {
  auto pair = std::make_shared<TcpPair>();
  return Over("select_then_recv", pair, [pair] {
    fd_set readable;
    FD_ZERO(&readable);
    FD_SET(pair->client, &readable);
    timeval patience{.tv_sec = 10, .tv_usec = 0};
    select(pair->client + 1, &readable, nullptr, nullptr, &patience);
  });
}

// What a server does with its listener, until the other thread connects.
WaitCase Listening(std::string name, std::function<void(int)> before_accept) {
  auto pair = std::make_shared<TcpPair>();
  return {.name = std::move(name),
          .reason = WaitReason::kPoll,
          .enter =
              [pair, before_accept] {
                before_accept(pair->listener);
                close(accept(pair->listener, nullptr, nullptr));
              },
          .release =
              [pair] {
                sockaddr_in address{};
                socklen_t length = sizeof(address);
                getsockname(pair->listener, reinterpret_cast<sockaddr*>(&address), &length);
                const int fd = socket(AF_INET, SOCK_STREAM, 0);
                connect(fd, reinterpret_cast<sockaddr*>(&address), length);
                close(fd);
              }};
}

}  // namespace

std::vector<WaitCase> NetworkCases() {
  return {Recv("tcp_recv", std::make_shared<TcpPair>()),
          Recv("tcp6_recv", std::make_shared<TcpPair>(true)),
          Recv("tcp4_mapped_recv", std::make_shared<TcpPair>(true, true)),
          PollThenRecv(),
          PollTwoThenRecv(),
          SelectThenRecv(),
          Listening("accept", [](int) {}),
          Listening("poll_listener", PollOne)};
}

}  // namespace loadline::agent
