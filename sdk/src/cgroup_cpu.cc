// SPDX-License-Identifier: Apache-2.0
#include "sdk/src/cgroup_cpu.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_split.h"
#include "sdk/src/proc_file.h"

namespace loadline {
namespace {

struct Mount {
  std::string root;  // Which cgroup of the hierarchy is mounted.
  std::string point;
};

std::vector<std::string> Lines(const std::string& text) { return absl::StrSplit(text, '\n'); }

bool HasWord(const std::string& list, const std::string& word) {
  const std::vector<std::string> words = absl::StrSplit(list, ',');
  return std::find(words.begin(), words.end(), word) != words.end();
}

// Of /proc/self/cgroup, `hierarchy:controllers:path`: the path of the line that `matches`.
template <typename Matches>
std::optional<std::string> CgroupPath(const std::string& text, Matches matches) {
  for (const std::string& line : Lines(text)) {
    const std::vector<std::string> fields = absl::StrSplit(line, absl::MaxSplits(':', 2));
    if (fields.size() == 3 && matches(fields[0], fields[1])) {
      return fields[2];
    }
  }
  return std::nullopt;
}

bool IsBelow(const std::string& path, const std::string& root) {
  return root == "/" || path == root || path.starts_with(root + "/");
}

// Of /proc/self/mountinfo: `id parent dev root point options ... - type source super_options`. The
// mount that shows most of the way from `path` up; else any, as of a container that is given its
// own cgroup and sees its path from outside.
template <typename Matches>
std::optional<Mount> FindMount(const std::string& text, const std::string& path, Matches matches) {
  std::optional<Mount> best;
  for (const std::string& line : Lines(text)) {
    const std::vector<std::string> halves = absl::StrSplit(line, absl::MaxSplits(" - ", 1));
    if (halves.size() != 2) {
      continue;
    }
    const std::vector<std::string> left = absl::StrSplit(halves[0], ' ');
    const std::vector<std::string> right = absl::StrSplit(halves[1], ' ');
    if (left.size() < 5 || right.size() < 3 || !matches(right[0], right[2])) {
      continue;
    }
    const bool shows = IsBelow(path, left[3]);
    const bool best_shows = best && IsBelow(path, best->root);
    if (!best || (shows && (!best_shows || left[3].size() < best->root.size()))) {
      best = Mount{left[3], left[4]};
    }
  }
  return best;
}

// The directories from the cgroup at `path` up to the mount.
std::vector<std::string> Directories(const std::string& root, const Mount& mount,
                                     std::string path) {
  if (mount.root != "/") {  // A container sees a part of the tree.
    path = IsBelow(path, mount.root) ? path.substr(mount.root.size()) : "";
  }
  if (path.starts_with("/..") || path == "/") {  // Outside of what our namespace shows.
    path.clear();
  }
  std::vector<std::string> directories;
  while (!path.empty()) {
    directories.push_back(root + mount.point + path);
    path.resize(path.rfind('/') == std::string::npos ? 0 : path.rfind('/'));
  }
  directories.push_back(root + mount.point);
  return directories;
}

std::optional<std::int64_t> ToNumber(const std::string& text) {
  std::int64_t number = 0;
  if (!absl::SimpleAtoi(text, &number)) {
    return std::nullopt;
  }
  return number;
}

std::optional<Clock::Duration> ThrottledIn(const std::string& stat_file) {
  for (const std::string& line : Lines(ReadSmallFile(stat_file).value_or(""))) {
    const std::vector<std::string> fields = absl::StrSplit(line, ' ');
    const std::optional<std::int64_t> value =
        fields.size() == 2 ? ToNumber(fields[1]) : std::nullopt;
    if (value && fields[0] == "throttled_usec") {  // v2
      return std::chrono::microseconds{*value};
    }
    if (value && fields[0] == "throttled_time") {  // v1
      return std::chrono::nanoseconds{*value};
    }
  }
  return std::nullopt;
}

}  // namespace

CgroupCpu::CgroupCpu(const std::string& root) {
  const std::string groups = ReadSmallFile(root + "/proc/self/cgroup").value_or("");
  const std::string mounts = ReadSmallFile(root + "/proc/self/mountinfo").value_or("");
  const auto path1 = CgroupPath(groups, [](const std::string&, const std::string& controllers) {
    return HasWord(controllers, "cpu");
  });
  const auto mount1 = FindMount(mounts, path1.value_or(""),
                                [](const std::string& type, const std::string& options) {
                                  return type == "cgroup" && HasWord(options, "cpu");
                                });
  const auto path2 = CgroupPath(groups, [](const std::string& id, const std::string& controllers) {
    return id == "0" && controllers.empty();
  });
  const auto mount2 =
      FindMount(mounts, path2.value_or(""),
                [](const std::string& type, const std::string&) { return type == "cgroup2"; });
  if (path1 && mount1) {
    version_ = Version::kV1;
    directories_ = Directories(root, *mount1, *path1);
  } else if (path2 && mount2) {
    version_ = Version::kV2;
    directories_ = Directories(root, *mount2, *path2);
  }
}

std::optional<control::CpuQuota> CgroupCpu::QuotaIn(const std::string& directory) const {
  std::string quota_text, period_text;
  if (version_ == Version::kV2) {
    const std::optional<std::string> line = ReadSmallFile(directory + "/cpu.max");
    const std::vector<std::string> fields =
        absl::StrSplit(line.value_or(""), absl::ByAnyChar(" \n"), absl::SkipEmpty());
    if (fields.size() != 2) {  // The root cgroup has no such file.
      return std::nullopt;
    }
    quota_text = fields[0];  // "max" is no number: no limit.
    period_text = fields[1];
  } else {
    quota_text = ReadSmallFile(directory + "/cpu.cfs_quota_us").value_or("");
    period_text = ReadSmallFile(directory + "/cpu.cfs_period_us").value_or("");
  }
  const std::optional<std::int64_t> quota = ToNumber(quota_text);
  const std::optional<std::int64_t> period = ToNumber(period_text);
  if (!quota || !period || *quota <= 0 || *period <= 0) {
    return std::nullopt;
  }
  return control::CpuQuota{.quota = std::chrono::microseconds{*quota},
                           .period = std::chrono::microseconds{*period}};
}

std::vector<control::CpuQuota> CgroupCpu::Quotas() const {
  std::vector<control::CpuQuota> quotas;
  for (const std::string& directory : directories_) {
    if (const std::optional<control::CpuQuota> quota = QuotaIn(directory)) {
      quotas.push_back(*quota);
    }
  }
  return quotas;
}

std::optional<Clock::Duration> CgroupCpu::Throttled() const {
  for (const std::string& directory : directories_) {
    if (const auto all = ThrottledIn(directory + "/cpu.stat.local")) {
      return all;
    }
  }
  std::optional<Clock::Duration> sum;
  for (const std::string& directory : directories_) {
    if (const auto level = ThrottledIn(directory + "/cpu.stat")) {
      sum = sum.value_or(Clock::Duration::zero()) + *level;
    }
  }
  return sum;
}

}  // namespace loadline
