// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace loadline::agent {

// A connection over loopback: `client` made it, `server` accepted it.
struct TcpPair {
  int listener = -1;
  int client = -1;
  int server = -1;
  std::string peer;  // Whom the client waits for.

  explicit TcpPair(bool v6 = false, bool v4_mapped = false) {
    sockaddr_in6 address6{};
    sockaddr_in address4{};
    address6.sin6_family = AF_INET6;
    address6.sin6_addr = v4_mapped ? in6addr_any : in6addr_loopback;
    address4.sin_family = AF_INET;
    address4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const int family = v6 ? AF_INET6 : AF_INET;
    auto* address =
        v6 ? reinterpret_cast<sockaddr*>(&address6) : reinterpret_cast<sockaddr*>(&address4);
    socklen_t length = v6 ? sizeof(address6) : sizeof(address4);
    listener = socket(family, SOCK_STREAM, 0);
    if (bind(listener, address, length) != 0 || listen(listener, 8) != 0 ||
        getsockname(listener, address, &length) != 0) {
      std::abort();
    }
    if (v4_mapped) {
      inet_pton(AF_INET6, "::ffff:127.0.0.1", &address6.sin6_addr);
    }
    client = socket(family, SOCK_STREAM, 0);
    if (connect(client, address, length) != 0) {
      std::abort();
    }
    server = accept(listener, nullptr, nullptr);
    const int port = ntohs(v6 ? address6.sin6_port : address4.sin_port);
    peer = (v6 && !v4_mapped ? "[::1]:" : "127.0.0.1:") + std::to_string(port);
  }
  ~TcpPair() {
    close(client);
    close(server);
    close(listener);
  }
  TcpPair(const TcpPair&) = delete;
  TcpPair& operator=(const TcpPair&) = delete;

  void Answer() const {
    const char byte = 1;
    if (write(server, &byte, 1) != 1) {
      std::abort();
    }
  }
  void Receive() const {
    char byte;
    if (recv(client, &byte, 1, 0) != 1) {
      std::abort();
    }
  }
};

}  // namespace loadline::agent
