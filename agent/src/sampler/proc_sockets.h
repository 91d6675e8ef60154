// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "agent/src/sampler/proc_fs.h"
#include "agent/src/sampler/thread_sample.h"

namespace loadline::agent {

// An IPv4 or IPv6 socket of a table like /proc/net/tcp.
struct ProcSocket {
  bool listening = false;
  bool inbound = false;  // The other side connected to us.
  PeerAddress peer;      // Port "*" if it is inbound: from a port that means nothing.
};

using ProcSocketTable = absl::flat_hash_map<std::uint64_t, ProcSocket>;  // By inode.

using PortSet = absl::flat_hash_set<std::uint32_t>;

// Adds the ports of TCP on which somebody listens. `text` is the whole file, its heading included.
void ParseListenedPorts(std::string_view text, PortSet& ports);

// Adds what one table says; a connection of a listened port is inbound.
void ParseSocketTable(std::string_view text, const PortSet& listened, ProcSocketTable& table);

// The sockets of each network namespace, read when first asked for.
//
// The price of a table is in proportion to the host's sockets: it is kept over readings, and read
// again when somebody asks for a socket that it does not hold, once per reading at most.
class ProcSockets {
 public:
  explicit ProcSockets(const ProcFs& proc) : proc_(proc) {}

  // `fresh` forgets what is kept: connections end, and numbers of sockets come again.
  void BeginReading(bool fresh);

  // nullopt: not a socket of IPv4 or IPv6.
  std::optional<ProcSocket> Find(pid_t tgid, std::uint64_t inode);

 private:
  struct Namespace {
    ProcSocketTable sockets;
    bool read_now = false;  // In this reading.
  };

  void Read(pid_t tgid, Namespace& space);

  const ProcFs& proc_;
  absl::flat_hash_map<std::string, Namespace> spaces_;
};

}  // namespace loadline::agent
