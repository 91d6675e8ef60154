// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/peer_text.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>

namespace loadline::agent {

namespace {

std::string UnixText(const ll_peer& peer) {
  const std::size_t size = std::min<std::size_t>(peer.port, sizeof(peer.addr));
  std::string text(reinterpret_cast<const char*>(peer.addr), size);
  std::ranges::replace(text, '\0', '@');  // As /proc/net/unix does.
  return peer.port > sizeof(peer.addr) ? std::string(kCutPath) + text : text;
}

}  // namespace

std::string PeerText(const ll_peer& peer) {
  if (peer.family == 1) {
    return UnixText(peer);
  }
  if (peer.family != 4 && peer.family != 6) {
    return "";
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  const bool v6 = peer.family == 6;
  inet_ntop(v6 ? AF_INET6 : AF_INET, peer.addr, text.data(), text.size());
  const std::string port = peer.port == 0 ? "*" : std::to_string(peer.port);
  // Appended: gcc 12 takes `"[" + std::string` for a wild memcpy, in optimised builds.
  std::string address = v6 ? "[" : "";
  return address.append(text.data()).append(v6 ? "]:" : ":").append(port);
}

}  // namespace loadline::agent
