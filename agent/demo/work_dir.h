// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <utility>

#include "absl/status/statusor.h"

namespace loadline::demo {

// A directory of the demo's own for sockets, logs and data; gone with this object. Others may pass
// through it but not list it, so that a database running as another user finds its own data.
class WorkDir {
 public:
  static absl::StatusOr<WorkDir> Create();

  WorkDir(WorkDir&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  WorkDir& operator=(WorkDir&&) = delete;
  ~WorkDir();

  const std::filesystem::path& path() const { return path_; }

 private:
  explicit WorkDir(std::filesystem::path path) : path_(std::move(path)) {}

  std::filesystem::path path_;
};

}  // namespace loadline::demo
