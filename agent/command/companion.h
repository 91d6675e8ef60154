// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace loadline::cli {

// Programs that come with each other find each other by where they are, never by PATH: under sudo
// another user's folder may be first there.
//
//     BIN/loadline  BIN/loadline-demo                      a build tree
//     PREFIX/bin/loadline  PREFIX/libexec/loadline/...     an installation, as CMake laid it out

// The file of the program that runs.
absl::StatusOr<std::filesystem::path> OwnProgram();

// The program `file`, as "loadline" or "loadline-demo": beside this one, else in the other folder
// of an installation. kNotFound names the folders.
absl::StatusOr<std::filesystem::path> FindCompanion(std::string_view file);

// True: `word` can be the NAME of a program loadline-NAME (lower-case letters, digits, hyphens).
bool IsCompanionName(std::string_view word);

// `loadline NAME ARGS...`: replaces this process by loadline-NAME, with the arguments from argv[2]
// on. Returns only if there is no such program (kNotFound) or it cannot be run.
absl::Status RunCompanion(int argc, char** argv);

}  // namespace loadline::cli
