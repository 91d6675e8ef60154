// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/peer_text.h"

#include <arpa/inet.h>

#include <array>

namespace loadline::agent {

std::string PeerText(const ll_peer& peer) {
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
