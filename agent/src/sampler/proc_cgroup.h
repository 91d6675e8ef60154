// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "agent/src/sampler/proc_fs.h"
#include "loadline/clock.h"

namespace loadline::agent {

// One tree of control groups: that of a controller (v1), or of all that are in none of those (v2).
struct CgroupHierarchy {
  bool unified = false;      // cgroup v2.
  std::string mount_point;   // "/sys/fs/cgroup/cpu"
  std::string mounted_root;  // The part of the hierarchy that is mounted there; mostly "/".
  std::string controller = "cpu";
};

// `mountinfo` as in /proc/self. nullopt: there is none here.
std::optional<CgroupHierarchy> FindHierarchy(std::string_view mountinfo,
                                             std::string_view controller);
std::optional<CgroupHierarchy> FindUnifiedHierarchy(std::string_view mountinfo);

// Where the controller "cpu" is: in a hybrid it can be in one place only, and where v1 has it, v2
// has not.
std::optional<CgroupHierarchy> FindCpuHierarchy(std::string_view mountinfo);

// The group of a process and those above it, innermost first. `cgroup` is its /proc/<pid>/cgroup.
// Empty: it is outside of what is mounted.
std::vector<std::string> GroupDirectories(const CgroupHierarchy& hierarchy,
                                          std::string_view cgroup);

// Time in which a quota held back a CPU, as cpu.stat and cpu.stat.local say; nullopt: no quota.
std::optional<Clock::Duration> ThrottledTime(std::string_view cpu_stat);

// The time for which quotas held each process back, summed over CPUs and levels of the hierarchy.
// Since 6.6 the kernel says that of a group of v2 itself, in cpu.stat.local. Elsewhere it is an
// upper bound: two levels may be held back at once.
//
// A level is read once per reading, whoever is in it.
class ProcThrottling {
 public:
  explicit ProcThrottling(const ProcFs& proc);

  void BeginReading() { times_.clear(); }

  struct Quota {
    std::string cgroup;         // Its innermost directory; empty: none is known.
    Clock::Duration throttled;  // Since the cgroups were made.
  };
  Quota Of(pid_t tgid);

 private:
  Clock::Duration TimeOf(const std::vector<std::string>& directories);
  std::optional<Clock::Duration> TimeIn(const std::string& file);

  const ProcFs& proc_;
  std::optional<CgroupHierarchy> hierarchy_;
  absl::flat_hash_map<std::string, std::optional<Clock::Duration>>
      times_;  // By file, in a reading.
};

}  // namespace loadline::agent
