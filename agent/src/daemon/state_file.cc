// SPDX-License-Identifier: Apache-2.0
#include "agent/src/daemon/state_file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <system_error>

#include "agent/src/daemon/own_dir.h"
#include "agent/src/publish/fd.h"
#include "fmt/format.h"

namespace loadline::agent {
namespace {

constexpr char kStateHint[] = "choose another directory with --state-dir";
constexpr mode_t kStateDirMode = 0700;

absl::Status StateFailed(std::string_view what, const std::string& path) {
  return absl::FailedPreconditionError(
      fmt::format("cannot {} {}: {}", what, path, std::generic_category().message(errno)));
}

bool WriteWhole(int fd, std::string_view content) {
  while (!content.empty()) {
    const ssize_t written = write(fd, content.data(), content.size());
    if (written < 0 && errno != EINTR) {
      return false;
    }
    content.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

absl::StatusOr<StateFile> StateFile::Open(const std::string& directory, std::string_view name) {
  if (absl::Status status = MakeOwnDir(directory, kStateDirMode, kStateHint); !status.ok()) {
    return status;
  }
  return StateFile(fmt::format("{}/{}", directory, name));
}

absl::StatusOr<std::optional<std::string>> StateFile::Read() const {
  const Fd file(open(path_.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (!file.valid()) {
    return errno == ENOENT ? absl::StatusOr<std::optional<std::string>>(std::nullopt)
                           : StateFailed("read", path_);
  }
  struct stat found {};
  if (fstat(file.get(), &found) != 0) {
    return StateFailed("read", path_);
  }
  if (!S_ISREG(found.st_mode) || (found.st_uid != geteuid() && found.st_uid != 0) ||
      (found.st_mode & S_IWOTH) != 0) {
    return absl::FailedPreconditionError(
        fmt::format("{} is no file that only this user writes", path_));
  }
  if (found.st_size < 0 || static_cast<std::size_t>(found.st_size) > kBytesMax) {
    return absl::FailedPreconditionError(fmt::format("{} is too large", path_));
  }
  std::string content(static_cast<std::size_t>(found.st_size), '\0');
  std::size_t size = 0;
  while (size < content.size()) {
    const ssize_t got = read(file.get(), content.data() + size, content.size() - size);
    if (got < 0 && errno == EINTR) {
      continue;
    }
    if (got < 0) {
      return StateFailed("read", path_);
    }
    if (got == 0) {
      break;
    }
    size += static_cast<std::size_t>(got);
  }
  content.resize(size);
  return content;
}

absl::Status StateFile::Write(std::string_view content) const {
  const std::string draft = path_ + ".new";
  unlink(draft.c_str());  // Of an agent that was killed while it wrote.
  const Fd file(open(draft.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!file.valid() || !WriteWhole(file.get(), content) ||
      rename(draft.c_str(), path_.c_str()) != 0) {
    absl::Status status = StateFailed("write", path_);
    if (file.valid()) {
      unlink(draft.c_str());
    }
    return status;
  }
  return absl::OkStatus();
}

void StateFile::SetAside() const { rename(path_.c_str(), (path_ + ".bad").c_str()); }

}  // namespace loadline::agent
