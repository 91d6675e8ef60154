// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace loadline::agent {

// A socket at which a server takes connections, as it is at the time of a reading.
struct Door {
  std::string address;       // "0.0.0.0:8080", "[::]:8080", "/run/x.sock"; an abstract one: "@x".
  std::uint64_t netns = 0;   // Inode number of its network namespace.
  std::uint64_t socket = 0;  // Inode number: with the namespace, the identity.
  std::vector<pid_t> tgids;  // Processes that hold it open, in the agent's pid namespace; ordered.
  std::uint32_t queue = 0;   // Connections that nobody has taken yet.
  std::uint32_t limit = 0;   // So many may wait; what comes beyond is dropped, or waits outside.
  std::uint64_t drops = 0;   // Connections refused for want of room, since the socket began.
  // Connections that were taken here, from which bytes came that nobody has read and for which
  // nobody waits: requests in hand.
  std::uint32_t unread = 0;
};

// Unread connections of one process: evidence that it has work in hand, wherever its threads wait.
struct UnreadConnections {
  pid_t tgid = 0;
  std::uint32_t connections = 0;
};

}  // namespace loadline::agent
