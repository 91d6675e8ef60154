// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/demo/program_path.h"

#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace loadline::demo {
namespace {

bool IsProgram(const std::filesystem::path& path) { return access(path.c_str(), X_OK) == 0; }

std::optional<std::filesystem::path> FindInPath(const std::string& name) {
  const char* path = std::getenv("PATH");
  const std::vector<std::string> folders = absl::StrSplit(path == nullptr ? "" : path, ':');
  for (const std::string& folder : folders) {
    const std::filesystem::path candidate = std::filesystem::path(folder) / name;
    if (!folder.empty() && IsProgram(candidate)) {
      return candidate;
    }
  }
  return std::nullopt;
}

}  // namespace

absl::StatusOr<std::filesystem::path> OwnProgram() {
  std::error_code error;
  std::filesystem::path self = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) {
    return absl::InternalError(absl::StrCat("/proc/self/exe: ", error.message()));
  }
  return self;
}

absl::StatusOr<std::filesystem::path> FindProgram(const std::string& name) {
  const absl::StatusOr<std::filesystem::path> self = OwnProgram();
  if (!self.ok()) {
    return self.status();
  }
  const std::filesystem::path beside = self->parent_path();
  const std::filesystem::path libexec = beside.parent_path() / "libexec" / "loadline";
  for (const std::filesystem::path& folder : {beside, libexec}) {
    if (IsProgram(folder / name)) {
      return folder / name;
    }
  }
  if (const auto found = FindInPath(name)) {
    return *found;
  }
  return absl::NotFoundError(absl::StrCat(
      "the program \"", name, "\" is neither in ", beside.string(), " nor in ", libexec.string(),
      " nor in PATH: run the demo from a build tree, as by `make run`"));
}

absl::StatusOr<std::filesystem::path> FindPostgresProgram(const std::string& name) {
  std::error_code error;
  std::filesystem::path newest;
  int newest_version = 0;
  for (const auto& entry : std::filesystem::directory_iterator("/usr/lib/postgresql", error)) {
    const int version = std::atoi(entry.path().filename().c_str());
    if (version > newest_version && IsProgram(entry.path() / "bin" / name)) {
      newest_version = version;
      newest = entry.path() / "bin" / name;
    }
  }
  if (newest_version > 0) {
    return newest;
  }
  if (const auto found = FindInPath(name)) {
    return *found;
  }
  return absl::NotFoundError(absl::StrCat("--postgres needs PostgreSQL, and \"", name,
                                          "\" is neither under /usr/lib/postgresql nor in PATH: "
                                          "apt-get install postgresql"));
}

std::filesystem::path FindDashboards() {
  const absl::StatusOr<std::filesystem::path> self = OwnProgram();
  if (self.ok()) {
    const std::filesystem::path prefix = self->parent_path().parent_path();
    for (const std::filesystem::path& folder :
         {prefix / "dashboards", prefix / "share" / "loadline" / "dashboards"}) {
      std::error_code error;
      if (std::filesystem::exists(folder / "provisioning", error)) {
        return folder;
      }
    }
  }
  return {};
}

}  // namespace loadline::demo
