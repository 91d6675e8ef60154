// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/proc_cgroup.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/str_cat.h"
#include "agent/src/sampler/proc_text.h"

namespace loadline::agent {
namespace {

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
std::string_view PathIn(const CgroupHierarchy& hierarchy, std::string_view cgroup) {
  Words lines(cgroup, "\n");
  for (std::string_view line = lines.Next(); !line.empty(); line = lines.Next()) {
    const std::size_t first = line.find(':');
    const std::size_t second = line.find(':', first + 1);
    if (first == std::string_view::npos || second == std::string_view::npos) {
      continue;
    }
    const std::string_view controllers = line.substr(first + 1, second - first - 1);
    if (hierarchy.unified ? controllers.empty() : Lists(controllers, hierarchy.controller)) {
      return line.substr(second + 1);
    }
  }
  return {};
}

// The first mount that `wanted` accepts, by type and options.
// "33 31 0:30 / /sys/fs/cgroup/cpu rw,relatime shared:9 - cgroup cgroup rw,cpu" a line.
template <typename Wanted>
std::optional<CgroupHierarchy> FindMounted(std::string_view mountinfo, Wanted wanted) {
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
    if (wanted(type, filesystem.Last())) {
      return CgroupHierarchy{.mount_point = std::string(point), .mounted_root = std::string(root)};
    }
  }
  return std::nullopt;
}

}  // namespace

std::optional<CgroupHierarchy> FindHierarchy(std::string_view mountinfo,
                                             std::string_view controller) {
  auto found = FindMounted(mountinfo, [&](std::string_view type, std::string_view options) {
    return type == "cgroup" && Lists(options, controller);
  });
  if (found) {
    found->controller = controller;
  }
  return found;
}

std::optional<CgroupHierarchy> FindUnifiedHierarchy(std::string_view mountinfo) {
  auto found = FindMounted(
      mountinfo, [](std::string_view type, std::string_view) { return type == "cgroup2"; });
  if (found) {
    found->unified = true;
  }
  return found;
}

std::optional<CgroupHierarchy> FindCpuHierarchy(std::string_view mountinfo) {
  auto found = FindHierarchy(mountinfo, "cpu");
  return found ? found : FindUnifiedHierarchy(mountinfo);
}

std::vector<std::string> GroupDirectories(const CgroupHierarchy& hierarchy,
                                          std::string_view cgroup) {
  std::string_view path = PathIn(hierarchy, cgroup);
  if (path.empty() || path.starts_with("/..")) {  // Outside of our cgroup namespace.
    return {};
  }
  if (hierarchy.mounted_root != "/") {
    if (!path.starts_with(hierarchy.mounted_root)) {
      return {};
    }
    path.remove_prefix(hierarchy.mounted_root.size());
    if (!path.empty() && path.front() != '/') {  // A neighbour with a like name.
      return {};
    }
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

std::optional<Clock::Duration> ThrottledTime(std::string_view cpu_stat) {
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
  return std::nullopt;
}

ProcThrottling::ProcThrottling(const ProcFs& proc)
    : proc_(proc), hierarchy_(FindCpuHierarchy(proc.ReadAll("self/mountinfo"))) {}

ProcThrottling::Quota ProcThrottling::Of(pid_t tgid) {
  if (!hierarchy_) {
    return {};
  }
  const std::vector<std::string> directories =
      GroupDirectories(*hierarchy_, proc_.ReadAll(absl::StrCat(proc_.OfProcess(tgid), "/cgroup")));
  return directories.empty()
             ? Quota{}
             : Quota{.cgroup = directories.front(), .throttled = TimeOf(directories)};
}

Clock::Duration ProcThrottling::TimeOf(const std::vector<std::string>& directories) {
  for (const std::string& directory : directories) {
    if (const auto all = TimeIn(directory + "/cpu.stat.local")) {
      return *all;
    }
  }
  Clock::Duration sum{};
  for (const std::string& directory : directories) {
    sum += TimeIn(directory + "/cpu.stat").value_or(Clock::Duration::zero());
  }
  return sum;
}

std::optional<Clock::Duration> ProcThrottling::TimeIn(const std::string& file) {
  const auto [entry, inserted] = times_.try_emplace(file);
  if (inserted) {  // An absolute path: where /proc is read from has no say in it.
    entry->second = ThrottledTime(proc_.ReadAll(file));
  }
  return entry->second;
}

}  // namespace loadline::agent
