// SPDX-License-Identifier: Apache-2.0
#include "agent/command/environment.h"

#include <cstdlib>

namespace loadline::cli {

std::optional<std::string> Environment(const std::string& name) {
  const char* value = std::getenv(name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

}  // namespace loadline::cli
