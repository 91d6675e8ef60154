// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "agent/src/publish/fd.h"

namespace loadline::agent {

// Where the sockets are unless somebody says otherwise: /run/loadline for root, else
// $XDG_RUNTIME_DIR/loadline. kFailedPrecondition: an ordinary user without XDG_RUNTIME_DIR.
absl::StatusOr<std::string> DefaultRuntimeDir(
    bool root,
    const std::function<std::optional<std::string>(const std::string& name)>& environment);

// The directory of one agent, for as long as the agent lives: a lock in it tells the second one,
// and goes with the process however it ends.
class RuntimeDir {
 public:
  // Makes the directory where it is missing. kAlreadyExists: another agent has it.
  static absl::StatusOr<RuntimeDir> Claim(const std::string& path);

  RuntimeDir(RuntimeDir&&) = default;
  RuntimeDir& operator=(RuntimeDir&&) = delete;
  ~RuntimeDir();

  std::string PathOf(std::string_view file) const;

  // Writes the file whole, or not at all; it is removed in the end.
  absl::Status Write(std::string_view file, std::string_view content);

 private:
  RuntimeDir(std::string path, Fd lock) : path_(std::move(path)), lock_(std::move(lock)) {}

  std::string path_;
  Fd lock_;
  std::string written_;  // Path of the file that was written; empty: none.
};

}  // namespace loadline::agent
