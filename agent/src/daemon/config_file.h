// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace loadline::agent {

struct FileEntry {
  std::string key;
  std::string value;
  int line = 0;
};

// The entries of a YAML file that is one flat mapping, in their order. kInvalidArgument: the file
// cannot be read, is not YAML, names a key twice, or has a value that is not plain.
absl::StatusOr<std::vector<FileEntry>> ReadConfigFile(const std::string& path);

}  // namespace loadline::agent
