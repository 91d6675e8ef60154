// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstddef>
#include <cstdlib>
#include <cstring>
#include <string>
#include <utility>

namespace loadline::agent {

// A socket that listens, as a door is shown: by address and number of connections that may wait.
class Listener {
 public:
  // `option`: of SOL_SOCKET, set before; 0: none. `port` 0: any.
  Listener(const char* host, int backlog, int option = 0, int port = 0) : backlog_(backlog) {
    const bool v6 = std::strchr(host, ':') != nullptr;
    auto* in4 = reinterpret_cast<sockaddr_in*>(&address_);
    auto* in6 = reinterpret_cast<sockaddr_in6*>(&address_);
    address_.ss_family = v6 ? AF_INET6 : AF_INET;
    in4->sin_port = htons(static_cast<std::uint16_t>(port));  // The same place in both.
    inet_pton(address_.ss_family, host, v6 ? static_cast<void*>(&in6->sin6_addr) : &in4->sin_addr);
    length_ = v6 ? sizeof(*in6) : sizeof(*in4);
    Listen(option);
    getsockname(fd_, reinterpret_cast<sockaddr*>(&address_), &length_);
    port_ = ntohs(in4->sin_port);
    text_ = (v6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" + std::to_string(port_);
  }
  // `path` "@name": an abstract one.
  static Listener OfUnix(const std::string& path, int backlog) { return {path, backlog}; }
  ~Listener() {
    if (fd_ >= 0) {
      close(fd_);
    }
    if (text_.starts_with('/')) {
      unlink(text_.c_str());
    }
  }
  Listener(Listener&& other) noexcept
      : backlog_(other.backlog_),
        fd_(std::exchange(other.fd_, -1)),
        port_(other.port_),
        address_(other.address_),
        length_(other.length_),
        text_(std::exchange(other.text_, "")) {}
  Listener& operator=(Listener&&) = delete;

  int fd() const { return fd_; }
  int port() const { return port_; }
  int backlog() const { return backlog_; }
  const std::string& address() const { return text_; }

  // A client of it. With SOCK_NONBLOCK in `flags` it may not have come in yet.
  int Connect(int flags = 0) const {
    const int client = socket(address_.ss_family, SOCK_STREAM | flags, 0);
    if (connect(client, reinterpret_cast<const sockaddr*>(&address_), length_) != 0 && flags == 0) {
      std::abort();
    }
    return client;
  }
  int Accept() const { return accept(fd_, nullptr, nullptr); }

 private:
  Listener(const std::string& path, int backlog) : backlog_(backlog), text_(path) {
    auto* address = reinterpret_cast<sockaddr_un*>(&address_);
    address->sun_family = AF_UNIX;
    std::memcpy(address->sun_path, path.data(), path.size());
    length_ = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + path.size());
    if (path.front() == '@') {
      address->sun_path[0] = '\0';
    } else {
      ++length_;  // The zero at its end.
      unlink(path.c_str());
    }
    Listen(0);
  }

  void Listen(int option) {
    fd_ = socket(address_.ss_family, SOCK_STREAM, 0);
    const int on = 1;
    if (option != 0) {
      setsockopt(fd_, SOL_SOCKET, option, &on, sizeof(on));
    }
    if (bind(fd_, reinterpret_cast<const sockaddr*>(&address_), length_) != 0 ||
        listen(fd_, backlog_) != 0) {
      std::abort();
    }
  }

  int backlog_;
  int fd_ = -1;
  int port_ = 0;
  sockaddr_storage address_{};
  socklen_t length_ = 0;
  std::string text_;
};

}  // namespace loadline::agent
