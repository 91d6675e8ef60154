// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/control_groups.h"

#include <algorithm>
#include <cstddef>

namespace loadline::agent {
namespace {

// "cpu,cpuacct" has "cpu".
bool Has(std::string_view controllers, std::string_view one) {
  while (!controllers.empty()) {
    const std::size_t end = std::min(controllers.find(','), controllers.size());
    if (controllers.substr(0, end) == one) {
      return true;
    }
    controllers.remove_prefix(std::min(end + 1, controllers.size()));
  }
  return false;
}

}  // namespace

ControlGroups ParseControlGroups(std::string_view text) {
  ControlGroups groups;
  std::string_view unified;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first == std::string_view::npos ? first : first + 1);
    if (second == std::string_view::npos) {
      continue;
    }
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    const std::string_view path = line.substr(second + 1);
    if (path.empty() || path == "/") {
      continue;
    }
    if (controllers.empty()) {
      unified = path;
    }
    if (Has(controllers, "cpu")) {
      groups.cpu = path;
    }
    if (Has(controllers, "memory")) {
      groups.memory = path;
    }
    if (Has(controllers, "freezer")) {
      groups.freezer = path;
    }
  }
  for (std::string* group : {&groups.cpu, &groups.memory, &groups.freezer}) {
    if (group->empty()) {
      *group = unified;
    }
  }
  return groups;
}

}  // namespace loadline::agent
