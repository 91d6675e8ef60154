// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/program_path.h"

#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <string>
#include <system_error>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/command/companion.h"

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

absl::StatusOr<std::filesystem::path> FindProgram(const std::string& name) {
  absl::StatusOr<std::filesystem::path> companion = cli::FindCompanion(name);
  if (companion.ok() || !absl::IsNotFound(companion.status())) {
    return companion;
  }
  if (const auto found = FindInPath(name)) {
    return *found;
  }
  return absl::NotFoundError(absl::StrCat(companion.status().message(),
                                          " nor in PATH: run the demo from a build tree, as by "
                                          "`make run`"));
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
  const absl::StatusOr<std::filesystem::path> program = cli::FindCompanion("loadline");
  if (program.ok()) {
    const std::filesystem::path prefix = program->parent_path().parent_path();
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
