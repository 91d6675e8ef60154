// SPDX-License-Identifier: Apache-2.0
#include "agent/src/daemon/runtime_dir.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <fstream>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "agent/src/daemon/own_dir.h"
#include "fmt/format.h"

namespace loadline::agent {
namespace {

constexpr char kHint[] = "choose another directory with --runtime-dir";
constexpr mode_t kDirMode = 0755;  // Everybody reaches the self socket, whatever our umask.

}  // namespace

absl::StatusOr<std::string> DefaultRuntimeDir(
    bool root,
    const std::function<std::optional<std::string>(const std::string& name)>& environment) {
  if (root) {
    return "/run/loadline";
  }
  const std::optional<std::string> base = environment("XDG_RUNTIME_DIR");
  if (!base.has_value() || !base->starts_with('/')) {
    return absl::FailedPreconditionError(
        "XDG_RUNTIME_DIR is not set to an absolute path: name a directory with --runtime-dir");
  }
  return *base + "/loadline";
}

absl::StatusOr<RuntimeDir> RuntimeDir::Claim(const std::string& path) {
  if (absl::Status status = MakeOwnDir(path, kDirMode, kHint); !status.ok()) {
    return status;
  }
  Fd lock(open((path + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!lock.valid()) {
    return absl::FailedPreconditionError(fmt::format(
        "cannot write in {}: {}: {}", path, std::generic_category().message(errno), kHint));
  }
  if (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    return absl::AlreadyExistsError(
        fmt::format("another agent runs in {}: stop it, or {}", path, kHint));
  }
  return RuntimeDir(path, std::move(lock));
}

RuntimeDir::~RuntimeDir() {
  if (lock_.valid() && !written_.empty()) {
    unlink(written_.c_str());
  }
}

std::string RuntimeDir::PathOf(std::string_view file) const {
  return fmt::format("{}/{}", path_, file);
}

absl::Status RuntimeDir::Write(std::string_view file, std::string_view content) {
  const std::string path = PathOf(file);
  const std::string draft = path + ".new";
  std::ofstream out(draft, std::ios::trunc);
  out << content;
  out.close();
  if (!out || rename(draft.c_str(), path.c_str()) != 0) {
    return absl::FailedPreconditionError(fmt::format("cannot write {}: {}", path, kHint));
  }
  written_ = path;
  return absl::OkStatus();
}

}  // namespace loadline::agent
