// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace loadline::agent {

// A socket at which a server takes connections, as it is at the time of a reading. Servers whose
// processes each have one of their own (SO_REUSEPORT) have several with one address.
struct Door {
  std::string address;       // "0.0.0.0:8080", "[::]:8080", "/run/x.sock"; an abstract one: "@x".
  std::uint64_t netns = 0;   // Inode number of its network namespace.
  std::uint64_t socket = 0;  // Inode number: with the namespace, the identity.
  std::vector<pid_t> tgids;  // Processes that hold it open, in the agent's pid namespace; ordered.
  // Addresses without port at which the connections stand that were taken here and are open: of an
  // address such as 0.0.0.0, those by which it is known to be called. Ordered; at most eight.
  std::vector<std::string> hosts = {};
  std::uint32_t queue = 0;  // Connections that nobody has taken yet.
  // So many may wait, and one more; what comes beyond is dropped, or waits outside.
  std::uint32_t limit = 0;
  std::uint64_t drops = 0;  // Connections refused for want of room, since the socket began.
  // Connections that were taken here, from which bytes came that nobody has read and for which
  // nobody waits: requests in hand.
  std::uint32_t unread = 0;
};

// Whether who connects to `peer` ("127.0.0.1:5432", "[::1]:80", "/run/x.sock") comes to this door.
// A door of all addresses ("0.0.0.0:5432", "[::]:5432") is that of a loopback address and of those
// of its `hosts`; whether it is that of another, its address does not say. Loopback is that of the
// door's own network namespace: who knows that of the caller compares it.
bool IsDoorOf(std::string_view peer, const Door& door);

// What a process has taken at doors and holds open. One that it shares with another process counts
// for both.
struct ProcessConnections {
  pid_t tgid = 0;
  std::uint32_t clients = 0;  // Connections.
  std::uint32_t unread = 0;   // Of these, requests in hand, as Door::unread.
};

}  // namespace loadline::agent
