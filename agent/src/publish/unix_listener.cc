// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/unix_listener.h"

#include <grp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "fmt/format.h"

namespace loadline::agent {
namespace {

constexpr int kBacklog = 128;

absl::Status Failed(const char* what, const std::string& path) {
  const int error = errno;
  return absl::ErrnoToStatus(error, fmt::format("cannot {} {}", what, path));
}

absl::StatusOr<sockaddr_un> AddressOf(const std::string& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return absl::InvalidArgumentError(fmt::format(
        "{} is too long for a socket: at most {} characters", path, sizeof address.sun_path - 1));
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  return address;
}

absl::Status RemoveStale(const std::string& path, const sockaddr_un& address) {
  struct stat file {};
  if (lstat(path.c_str(), &file) != 0) {
    return errno == ENOENT ? absl::OkStatus() : Failed("look at", path);
  }
  if (!S_ISSOCK(file.st_mode)) {
    return absl::InvalidArgumentError(
        fmt::format("{} exists and is not a socket: remove it, or choose another directory with "
                    "--runtime-dir",
                    path));
  }
  const Fd probe(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!probe.valid()) {
    return Failed("probe", path);
  }
  const int answer =
      connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
  if (answer == 0 || errno == EAGAIN) {
    return absl::AlreadyExistsError(
        fmt::format("another program answers at {}: stop it, or choose another directory with "
                    "--runtime-dir",
                    path));
  }
  return unlink(path.c_str()) == 0 ? absl::OkStatus() : Failed("remove the old", path);
}

// The group may be missing, and an ordinary user may not give files away: then the mode must do.
void GiveToGroup(const std::string& path, const std::string& name) {
  const group* found = name.empty() ? nullptr : getgrnam(name.c_str());
  if (found != nullptr && chown(path.c_str(), static_cast<uid_t>(-1), found->gr_gid) != 0) {
    return;
  }
}

}  // namespace

absl::StatusOr<UnixListener> UnixListener::Bind(const UnixListenerOptions& options) {
  absl::StatusOr<sockaddr_un> address = AddressOf(options.path);
  if (!address.ok()) {
    return address.status();
  }
  if (absl::Status status = RemoveStale(options.path, *address); !status.ok()) {
    return status;
  }
  Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.valid()) {
    return Failed("make a socket for", options.path);
  }
  if (bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0) {
    return Failed("bind", options.path);
  }
  // Owner and mode before listen(): until then every connect is refused.
  GiveToGroup(options.path, options.group);
  struct stat file {};
  if (chmod(options.path.c_str(), options.mode) != 0 || stat(options.path.c_str(), &file) != 0 ||
      listen(fd.get(), kBacklog) != 0) {
    const absl::Status status = Failed("listen on", options.path);
    unlink(options.path.c_str());
    return status;
  }
  return UnixListener(std::move(fd), options.path, file.st_ino);
}

Fd UnixListener::Accept(const Fd& stop) const {
  Fd accepted(accept4(fd_.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  if (!accepted.valid() && (errno == EMFILE || errno == ENFILE || errno == ENOMEM)) {
    pollfd stopped{.fd = stop.get(), .events = POLLIN, .revents = 0};
    poll(&stopped, 1, 100);
  }
  return accepted;
}

UnixListener::~UnixListener() {
  struct stat file {};
  if (fd_.valid() && stat(path_.c_str(), &file) == 0 && file.st_ino == inode_) {
    unlink(path_.c_str());
  }
}

}  // namespace loadline::agent
