// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <string>

#include "absl/status/statusor.h"
#include "agent/src/publish/fd.h"

namespace loadline::agent {

struct UnixListenerOptions {
  std::string path;
  mode_t mode = 0600;
  std::string group;  // Given the socket if it exists and we may; empty: none.
};

// A listening Unix socket with a name, which goes when the listener goes.
//
// A socket file that nobody listens on is left over from a process that died, and is replaced.
// Errors: kAlreadyExists when somebody does listen; kInvalidArgument for a path that is too long or
// is something else than a socket; kPermissionDenied.
class UnixListener {
 public:
  static absl::StatusOr<UnixListener> Bind(const UnixListenerOptions& options);

  UnixListener(UnixListener&&) = default;
  UnixListener& operator=(UnixListener&&) = delete;
  ~UnixListener();

  int fd() const { return fd_.get(); }

  // The next connection that waits; invalid: there is none. If there is no descriptor left for it,
  // returns after 100 ms, or when `stop` is readable: it still waits, and would wake us at once.
  Fd Accept(const Fd& stop) const;
  const std::string& path() const { return path_; }

 private:
  UnixListener(Fd fd, std::string path, ino_t inode)
      : fd_(std::move(fd)), path_(std::move(path)), inode_(inode) {}

  Fd fd_;
  std::string path_;
  ino_t inode_;  // Of the file that we made: another's is not ours to remove.
};

}  // namespace loadline::agent
