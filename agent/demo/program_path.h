// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include "absl/status/statusor.h"

namespace loadline::demo {

// A program that comes with this one (cli::FindCompanion), else one in PATH.
absl::StatusOr<std::filesystem::path> FindProgram(const std::string& name);

// A program of PostgreSQL, of the newest version under /usr/lib/postgresql, else in PATH.
absl::StatusOr<std::filesystem::path> FindPostgresProgram(const std::string& name);

// The folder of boards and provisioning: of the build tree or of the installation. Empty: none.
std::filesystem::path FindDashboards();

}  // namespace loadline::demo
