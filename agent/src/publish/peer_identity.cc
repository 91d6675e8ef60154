// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/peer_identity.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "fmt/format.h"

namespace loadline::agent {
namespace {

constexpr std::string_view kPrefix = "fd:";

// The first number that will not be given out. No more than 64 Ki: the kernel's table of
// descriptors grows with the largest.
int NumberEnd() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 65536));
}

ino_t InodeOf(int fd) {
  struct stat file {};
  return fstat(fd, &file) == 0 ? file.st_ino : 0;
}

}  // namespace

absl::StatusOr<Fd> PeerIdentities::Admit(Fd accepted) {
  ucred credentials{};
  socklen_t size = sizeof credentials;
  if (getsockopt(accepted.get(), SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0) {
    return absl::ErrnoToStatus(errno, "SO_PEERCRED");
  }
  absl::MutexLock lock(&mutex_);
  if (IsFull(credentials.uid)) {
    ForgetClosed();
    if (IsFull(credentials.uid)) {
      return absl::ResourceExhaustedError(
          fmt::format("too many connections of user {}", credentials.uid));
    }
  }
  if (next_ >= NumberEnd()) {
    next_ = kNumberMin;
  }
  int number = fcntl(accepted.get(), F_DUPFD_CLOEXEC, next_);
  if (number < 0 && errno == EMFILE) {  // All above are in use: begin again.
    number = fcntl(accepted.get(), F_DUPFD_CLOEXEC, kNumberMin);
  }
  if (number < 0) {
    return absl::ErrnoToStatus(errno, "F_DUPFD_CLOEXEC");
  }
  next_ = number + 1;
  connections_[number] = {.peer = {.pid = credentials.pid, .uid = credentials.uid},
                          .inode = InodeOf(number)};
  return Fd(number);
}

absl::StatusOr<Peer> PeerIdentities::Find(std::string_view grpc_peer) const {
  int number = -1;
  if (grpc_peer.starts_with(kPrefix)) {
    const std::string_view digits = grpc_peer.substr(kPrefix.size());
    std::from_chars(digits.data(), digits.data() + digits.size(), number);
  }
  absl::MutexLock lock(&mutex_);
  const auto found = connections_.find(number);
  if (found == connections_.end()) {
    return absl::UnauthenticatedError(fmt::format("who is \"{}\"?", grpc_peer));
  }
  return found->second.peer;
}

void PeerIdentities::ForgetClosed() {
  std::erase_if(connections_,
                [](const auto& entry) { return InodeOf(entry.first) != entry.second.inode; });
}

bool PeerIdentities::IsFull(uid_t uid) const {
  if (connections_.size() >= kOpenMax) {
    return true;
  }
  const auto of_user = std::ranges::count_if(
      connections_, [&](const auto& entry) { return entry.second.peer.uid == uid; });
  return uid != kRoot && static_cast<std::size_t>(of_user) >= kOpenOfUserMax;
}

}  // namespace loadline::agent
