// SPDX-License-Identifier: Apache-2.0
#include "agent/src/daemon/own_dir.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <system_error>

#include "fmt/format.h"

namespace loadline::agent {
namespace {

absl::Status CheckOwner(const std::string& path, std::string_view hint) {
  struct stat dir {};
  if (stat(path.c_str(), &dir) != 0 || !S_ISDIR(dir.st_mode)) {
    return absl::FailedPreconditionError(fmt::format("{} is no directory: {}", path, hint));
  }
  if ((dir.st_uid != geteuid() && dir.st_uid != 0) || (dir.st_mode & S_IWOTH) != 0) {
    return absl::FailedPreconditionError(
        fmt::format("{} can be written by other users: {}", path, hint));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status MakeOwnDir(const std::string& path, mode_t mode, std::string_view hint) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(path, error);
  if (error) {
    return absl::FailedPreconditionError(
        fmt::format("cannot make {}: {}: {}", path, error.message(), hint));
  }
  if (made && chmod(path.c_str(), mode) != 0) {
    return absl::FailedPreconditionError(fmt::format("cannot open {} to others: {}", path, hint));
  }
  return CheckOwner(path, hint);
}

}  // namespace loadline::agent
