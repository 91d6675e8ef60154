// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>

namespace loadline {

// The contents of a small file, or nullopt if it cannot be read. Files in /proc and cgroupfs answer
// from memory: nothing waits for a disk.
std::optional<std::string> ReadSmallFile(const std::string& path);

}  // namespace loadline
