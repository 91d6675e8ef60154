// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent/src/sampler/thread_sample.h"
#include "loadline_abi/doors.h"

namespace loadline::agent {

// A bit for each port on which somebody listens, in whichever network namespace.
using ListenedPorts = std::array<std::uint8_t, LL_PORT_BYTES>;

// A socket that a walk over open files has found: for each process that holds it, once.
struct FoundSocket {
  ll_found_socket socket{};
  std::string path;  // As ThreadSample::peer has it; of a listening Unix socket.
};

// The doors of servers and the connections that were taken there: which socket is whose, from a
// walk until the next one. What they are like is read in between.
//
// Thread safety: none.
class DoorBook {
 public:
  // Further ones are counted as lost.
  static constexpr std::size_t kDoorsMax = LL_SOCKETS_MAX - LL_CONNECTIONS_MAX;
  static constexpr std::size_t kHostsMax = 8;  // Door::hosts.

  // Replaces everything.
  void Take(std::span<const FoundSocket> found);

  // Says which sockets are to be read, from the first element of `sockets` on; returns how many.
  // `sockets` has room for LL_SOCKETS_MAX.
  std::size_t Ask(std::span<ll_socket> sockets) const;

  // What they were like: `sockets` are those of Ask(), after they were read. A door that is not
  // there any more is left out, and so is a connection that has ended.
  void Tell(std::span<const ll_socket> sockets, HostReading& out) const;

  const ListenedPorts& ports() const { return ports_; }
  std::uint64_t doors_lost() const { return doors_lost_; }

 private:
  struct DoorEntry {
    Door door;
    ll_found_socket socket;
  };
  struct Connection {
    ll_found_socket socket;
    std::size_t door;  // doors_.size(): none that is known.
    std::vector<pid_t> tgids;
  };
  struct DoorKey {
    std::uint64_t bound;
    std::uint32_t netns;
    std::uint16_t port;
    bool operator==(const DoorKey&) const = default;
    template <typename H>
    friend H AbslHashValue(H state, const DoorKey& key) {
      return H::combine(std::move(state), key.bound, key.netns, key.port);
    }
  };

  static DoorKey KeyOf(const ll_found_socket& socket);
  void AddDoor(const FoundSocket& found);
  void AddConnection(const ll_found_socket& socket);
  std::size_t DoorOf(const ll_found_socket& connection) const;
  void FindDoors();

  std::vector<DoorEntry> doors_;
  std::vector<Connection> connections_;
  absl::flat_hash_map<std::uint64_t, std::size_t> at_;  // In either, by inode.
  absl::flat_hash_map<DoorKey, std::vector<std::size_t>> doors_at_;
  ListenedPorts ports_{};
  std::uint64_t doors_lost_ = 0;
};

}  // namespace loadline::agent
