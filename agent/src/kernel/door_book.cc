// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/door_book.h"

#include <algorithm>
#include <cstring>
#include <string_view>

#include "agent/src/kernel/peer_text.h"

namespace loadline::agent {
namespace {

bool IsDoor(const ll_found_socket& socket) { return socket.listens != 0; }

std::string AddressOf(const ll_found_socket& socket) {
  ll_peer peer{};
  std::memcpy(peer.addr, socket.addr, sizeof(peer.addr));
  peer.port = socket.port;
  peer.family = socket.family;
  return PeerText(peer);
}

std::string HostOf(const ll_found_socket& socket) {
  std::string address = AddressOf(socket);
  address.resize(address.rfind(':'));
  return address;
}

bool IsOfAll(const ll_found_socket& socket) {
  return std::ranges::all_of(socket.addr, [](std::uint8_t byte) { return byte == 0; });
}

bool HaveOneAddress(const ll_found_socket& one, const ll_found_socket& other) {
  return one.family == other.family && std::ranges::equal(one.addr, other.addr);
}

void Insert(pid_t tgid, std::vector<pid_t>& tgids) {
  const auto at = std::ranges::lower_bound(tgids, tgid);
  if (at == tgids.end() || *at != tgid) {
    tgids.insert(at, tgid);
  }
}

void AddHost(std::string host, std::vector<std::string>& hosts) {
  const auto at = std::ranges::lower_bound(hosts, host);
  if (hosts.size() < DoorBook::kHostsMax && (at == hosts.end() || *at != host)) {
    hosts.insert(at, std::move(host));
  }
}

ll_socket Request(const ll_found_socket& socket) {
  const bool is_unix = socket.family == LL_FAMILY_UNIX;
  ll_socket request{};
  request.sock = socket.sock;
  request.sock_inode = socket.sock_inode;
  if (IsDoor(socket)) {
    request.kind = is_unix ? LL_SOCKET_UNIX_DOOR : LL_SOCKET_TCP_DOOR;
  } else {
    request.kind = is_unix ? LL_SOCKET_UNIX : LL_SOCKET_TCP;
  }
  return request;
}

}  // namespace

DoorBook::DoorKey DoorBook::KeyOf(const ll_found_socket& socket) {
  return {.bound = socket.bound, .netns = socket.netns, .port = socket.port};
}

void DoorBook::Take(std::span<const FoundSocket> found) {
  doors_.clear();
  connections_.clear();
  at_.clear();
  doors_at_.clear();
  ports_.fill(0);
  for (const FoundSocket& each : found) {
    if (IsDoor(each.socket)) {
      AddDoor(each);
    } else {
      AddConnection(each.socket);
    }
  }
  FindDoors();
}

void DoorBook::AddDoor(const FoundSocket& found) {
  const ll_found_socket& socket = found.socket;
  if (socket.family != LL_FAMILY_UNIX) {
    ports_[socket.port / 8] |= static_cast<std::uint8_t>(1 << (socket.port % 8));
  }
  const auto [at, is_new] = at_.try_emplace(socket.inode, doors_.size());
  if (is_new) {
    if (doors_.size() == kDoorsMax) {
      at_.erase(at);
      ++doors_lost_;
      return;
    }
    doors_at_[KeyOf(socket)].push_back(doors_.size());
    doors_.push_back(
        {.door = {.address = socket.family == LL_FAMILY_UNIX ? found.path : AddressOf(socket),
                  .netns = socket.netns,
                  .socket = socket.inode,
                  .tgids = {},
                  .hosts = {}},
         .socket = socket});
  }
  Insert(static_cast<pid_t>(socket.tgid), doors_[at_[socket.inode]].door.tgids);
}

void DoorBook::AddConnection(const ll_found_socket& socket) {
  const auto [at, is_new] = at_.try_emplace(socket.inode, connections_.size());
  if (is_new) {
    if (connections_.size() == LL_CONNECTIONS_MAX) {
      at_.erase(at);  // The kernel side has the same bound and counts them.
      return;
    }
    connections_.push_back({.socket = socket, .door = 0, .tgids = {}});
  }
  Insert(static_cast<pid_t>(socket.tgid), connections_[at->second].tgids);
}

// Where several doors fit (SO_REUSEPORT), that of the process that has the connection; and, as for
// the kernel, one of its very address before one of all addresses.
std::size_t DoorBook::DoorOf(const ll_found_socket& connection) const {
  const auto found = doors_at_.find(KeyOf(connection));
  std::size_t best = doors_.size();
  int best_fit = -1;
  if (found == doors_at_.end()) {
    return best;
  }
  for (const std::size_t i : found->second) {
    const DoorEntry& entry = doors_[i];
    const bool same_address = HaveOneAddress(entry.socket, connection);
    if (connection.family != LL_FAMILY_UNIX && !same_address && !IsOfAll(entry.socket)) {
      continue;
    }
    const bool holds =
        std::ranges::binary_search(entry.door.tgids, static_cast<pid_t>(connection.tgid));
    const int fit = (same_address ? 2 : 0) + (holds ? 1 : 0);
    if (fit > best_fit) {
      best_fit = fit;
      best = i;
    }
  }
  return best;
}

void DoorBook::FindDoors() {
  for (Connection& connection : connections_) {
    connection.door = DoorOf(connection.socket);
    if (connection.door < doors_.size() && connection.socket.family != LL_FAMILY_UNIX) {
      AddHost(HostOf(connection.socket), doors_[connection.door].door.hosts);
    }
  }
}

std::size_t DoorBook::Ask(std::span<ll_socket> sockets) const {
  std::size_t count = 0;
  for (const DoorEntry& entry : doors_) {
    sockets[count++] = Request(entry.socket);
  }
  for (const Connection& connection : connections_) {
    sockets[count++] = Request(connection.socket);
  }
  return count;
}

void DoorBook::Tell(std::span<const ll_socket> sockets, HostReading& out) const {
  std::vector<std::uint32_t> unread(doors_.size() + 1);
  absl::flat_hash_map<pid_t, ProcessConnections> processes;
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    const ll_socket& now = sockets[doors_.size() + i];
    const bool in_hand = now.seen != 0 && now.queue != 0 && now.awaited == 0;
    unread[connections_[i].door] += in_hand ? 1 : 0;
    for (const pid_t tgid : now.seen != 0 ? connections_[i].tgids : std::vector<pid_t>()) {
      ProcessConnections& process = processes[tgid];
      process.tgid = tgid;
      ++process.clients;
      process.unread += in_hand ? 1 : 0;
    }
  }
  out.doors.clear();
  for (std::size_t i = 0; i < doors_.size(); ++i) {
    const ll_socket& now = sockets[i];
    if (now.seen != 0) {
      Door& door = out.doors.emplace_back(doors_[i].door);
      door.queue = now.queue;
      door.limit = now.limit;
      door.drops = now.drops;
      door.unread = unread[i];
    }
  }
  out.connections.clear();
  for (const auto& [tgid, process] : processes) {
    out.connections.push_back(process);
  }
  std::ranges::sort(out.connections, {}, &ProcessConnections::tgid);
}

}  // namespace loadline::agent
