// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/src/kernel/door_book.h"
#include "loadline_abi/doors.h"

struct loadline_doors_bpf;  // The generated skeleton.

namespace loadline::agent {

// The programs that find the doors of servers and read what they are like. Nothing is attached.
//
// Thread safety: none.
class DoorProbes {
 public:
  // Errors: as BpfSource::Create().
  static absl::StatusOr<std::unique_ptr<DoorProbes>> Load();
  ~DoorProbes();
  DoorProbes(const DoorProbes&) = delete;
  DoorProbes& operator=(const DoorProbes&) = delete;

  // Replaces `out` by what a walk over all open files finds, some 0.15 us for each file.
  absl::Status Find(std::vector<FoundSocket>& out);
  std::uint64_t files() const;  // That the last walk has passed.
  // Connections that walks found beyond LL_CONNECTIONS_MAX.
  std::uint64_t connections_lost() const;

  // By what walks tell which side has opened a connection.
  void SetPorts(const ListenedPorts& ports);

  // Of LL_SOCKETS_MAX: Read() reads the first `count` of them, 0.1 us each.
  std::span<ll_socket> sockets() const { return sockets_; }
  absl::Status Read(std::size_t count);

 private:
  explicit DoorProbes(loadline_doors_bpf* skeleton) : skeleton_(skeleton) {}

  absl::Status MapSockets();

  loadline_doors_bpf* skeleton_;
  std::span<ll_socket> sockets_;
  std::vector<std::uint64_t> words_;  // Kept for its memory.
};

}  // namespace loadline::agent
