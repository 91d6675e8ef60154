// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace loadline::agent {

// One file in a directory of the agent's own, for what is to survive it. Only its user can read it.
// It is written whole or not at all; after a crash of the machine, the one before may be there, or
// a damaged one: who reads it must tell.
//
// Thread safety: one thread at a time.
class StateFile {
 public:
  static constexpr std::size_t kBytesMax = 16 << 20;

  // Makes the directory where it is missing. kFailedPrecondition: it cannot be had, or other users
  // can write in it.
  static absl::StatusOr<StateFile> Open(const std::string& directory, std::string_view name);

  // nullopt: there is none yet. kFailedPrecondition: it cannot be read, is somebody else's, or is
  // larger than kBytesMax.
  absl::StatusOr<std::optional<std::string>> Read() const;
  absl::Status Write(std::string_view content) const;
  // Out of the way, for somebody to look at: it gets the name NAME.bad.
  void SetAside() const;

  const std::string& path() const { return path_; }

 private:
  explicit StateFile(std::string path) : path_(std::move(path)) {}

  std::string path_;
};

}  // namespace loadline::agent
