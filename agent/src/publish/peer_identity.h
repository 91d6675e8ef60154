// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <map>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "agent/src/publish/fd.h"

namespace loadline::agent {

inline constexpr uid_t kRoot = 0;  // Has no share of what is bounded per user.

// Who is at the other end of a connection, by the kernel's word. The pid is as seen from our own
// pid namespace, and 0 for a process outside of it.
struct Peer {
  pid_t pid = 0;
  uid_t uid = 0;
};

// Keeps who is behind each accepted connection, so that a handler which knows no more than gRPC's
// "fd:17" can ask. See docs/adr/0004-peer-identity-on-the-self-socket.md.
//
// Descriptor numbers rise from connection to connection, to the limit of open files or 64 Ki,
// before one comes again: a handler that is late by fewer connections than that cannot take a
// successor for its own peer.
//
// Thread safety: any thread, any time.
class PeerIdentities {
 public:
  static constexpr int kNumberMin = 256;  // Below are the agent's own descriptors.
  static constexpr std::size_t kOpenMax = 1024;
  static constexpr std::size_t kOpenOfUserMax = 512;  // Of a user who is not root.

  // Asks the kernel who connected, and moves the connection to a number of its own, which the
  // caller gives to gRPC. kResourceExhausted: too many are open.
  absl::StatusOr<Fd> Admit(Fd accepted);

  // Of a connection as gRPC calls it. kUnauthenticated if it is not one of ours.
  absl::StatusOr<Peer> Find(std::string_view grpc_peer) const;

 private:
  struct Connection {
    Peer peer;
    ino_t inode = 0;  // Of the socket: tells whether the number still means this connection.
  };

  // gRPC closes its descriptors without telling us.
  void ForgetClosed() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  bool IsFull(uid_t uid) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable absl::Mutex mutex_;
  int next_ ABSL_GUARDED_BY(mutex_) = kNumberMin;
  std::map<int, Connection> connections_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace loadline::agent
