// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/proc_cgroup.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "agent/src/sampler/proc_text.h"

namespace loadline::agent {
namespace {

constexpr std::string_view kController = "cpu";
constexpr std::string_view kMiddle = " - ";

bool Lists(std::string_view controllers, std::string_view wanted) {
  Words words(controllers, ",");
  std::string_view word = words.Next();
  while (!word.empty() && word != wanted) {
    word = words.Next();
  }
  return !word.empty();
}

// Path of the process in the hierarchy; "hierarchy:controllers:path" a line.
std::string_view PathIn(const CpuHierarchy& hierarchy, std::string_view cgroup) {
  Words lines(cgroup, "\n");
  for (std::string_view line = lines.Next(); !line.empty(); line = lines.Next()) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) {
      continue;
    }
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (hierarchy.unified ? controllers.empty() : Lists(controllers, kController)) {
      return line.substr(second + 1);
    }
  }
  return {};
}

}  // namespace

// "33 31 0:30 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu" a line.
std::optional<CpuHierarchy> FindCpuHierarchy(std::string_view mountinfo) {
  std::optional<CpuHierarchy> found;
  Words lines(mountinfo, "\n");
  for (std::string_view line = lines.Next(); !line.empty(); line = lines.Next()) {
    const std::size_t middle = line.find(kMiddle);
    if (middle == std::string_view::npos) {
      continue;
    }
    Words mount(line.substr(0, middle));
    Words filesystem(line.substr(middle + kMiddle.size()));
    mount.Skip(3);
    const std::string_view root = mount.Next();
    const std::string_view point = mount.Next();
    const std::string_view type = filesystem.Next();
    const bool v1 = type == "cgroup" && Lists(filesystem.Last(), kController);
    // In a hybrid the controller can be in one place only: where v1 has it, v2 has not.
    if (v1 || (type == "cgroup2" && !found)) {
      found = {
          .unified = !v1, .mount_point = std::string(point), .mounted_root = std::string(root)};
    }
    if (v1) {
      return found;
    }
  }
  return found;
}

std::vector<std::string> CpuDirectories(const CpuHierarchy& hierarchy, std::string_view cgroup) {
  std::string_view path = PathIn(hierarchy, cgroup);
  if (path.empty() || path.starts_with("/..")) {  // Outside of our cgroup namespace.
    return {};
  }
  if (hierarchy.mounted_root != "/") {
    if (!path.starts_with(hierarchy.mounted_root)) {
      return {};
    }
    path.remove_prefix(hierarchy.mounted_root.size());
  }
  std::vector<std::string> directories;
  while (!path.empty() && path != "/") {
    directories.push_back(hierarchy.mount_point + std::string(path));
    path = path.substr(0, path.rfind('/'));
  }
  // What is mounted as the root may be a container's cgroup, which has a limit.
  directories.push_back(hierarchy.mount_point);
  return directories;
}

Clock::Duration ThrottledTime(std::string_view cpu_stat) {
  Words words(cpu_stat);
  for (std::string_view key = words.Next(); !key.empty(); key = words.Next()) {
    std::int64_t value = 0;
    ToNumber(words.Next(), value);
    if (key == "throttled_usec") {
      return std::chrono::microseconds(value);
    }
    if (key == "throttled_time") {
      return std::chrono::nanoseconds(value);
    }
  }
  return {};
}

ProcThrottling::ProcThrottling(const ProcFs& proc)
    : proc_(proc), hierarchy_(FindCpuHierarchy(proc.ReadAll("self/mountinfo"))) {}

ProcThrottling::Quota ProcThrottling::Of(pid_t tgid) {
  Quota quota{};
  if (!hierarchy_) {
    return quota;
  }
  for (const std::string& directory :
       CpuDirectories(*hierarchy_, proc_.ReadAll(absl::StrCat(proc_.OfProcess(tgid), "/cgroup")))) {
    if (quota.cgroup.empty()) {
      quota.cgroup = directory;
    }
    quota.throttled += TimeOf(directory);
  }
  return quota;
}

Clock::Duration ProcThrottling::TimeOf(const std::string& directory) {
  const auto [entry, inserted] = times_.try_emplace(directory);
  if (inserted) {
    // An absolute path: where /proc is read from has no say in it.
    entry->second = ThrottledTime(proc_.ReadAll(absl::StrCat(directory, "/cpu.stat")));
  }
  return entry->second;
}

}  // namespace loadline::agent
