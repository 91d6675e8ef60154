// SPDX-License-Identifier: Apache-2.0
#include "loadline/detail/environment.h"

#include <cstdlib>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "loadline/rules.h"

namespace loadline::detail {
namespace {

std::string Variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

absl::StatusOr<std::optional<Mode>> ModeFromEnvironment() {
  const std::string value = Variable("LOADLINE_MODE");
  if (value.empty()) {
    return std::nullopt;
  }
  if (std::optional<Mode> mode = ParseMode(value)) {
    return mode;
  }
  return MustBe("LOADLINE_MODE", value, "off, observe, shadow or enforce");
}

std::vector<std::string> AgentSocketPaths() {
  if (std::string path = Variable("LOADLINE_SOCKET"); !path.empty()) {
    return {std::move(path)};
  }
  std::vector<std::string> paths = {"/run/loadline/self.sock"};
  if (const std::string dir = Variable("XDG_RUNTIME_DIR"); !dir.empty()) {
    paths.push_back(absl::StrCat(dir, "/loadline/self.sock"));
  }
  return paths;
}

}  // namespace loadline::detail
