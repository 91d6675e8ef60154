// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "loadline/clock.h"
#include "loadline/control/effective_cpus.h"

namespace loadline {

// The CPU controller's view of this process, for cgroup v1, v2 and hybrid hosts.
//
// In a hybrid host the CPU controller may be on either side: a v1 hierarchy with the controller
// `cpu` wins if this process is in one. Inside a container the path in /proc/self/cgroup may lie
// outside of what is mounted; the mount's root is then the nearest cgroup that can be seen.
class CgroupCpu {
 public:
  // `root` stands before every path; "" but in tests. Finds the cgroup once: processes seldom move.
  explicit CgroupCpu(const std::string& root = "");

  // Of the cgroup and of those above it that can be seen; empty: no limit, or none is visible.
  std::vector<control::CpuQuota> Quotas() const;

  // How long the cgroup has been throttled in all, by its own quota or by one above it; nullopt:
  // not known. Summed over CPUs.
  //
  // The kernel says it itself in cpu.stat.local (v2, since 6.6), also of levels that cannot be seen
  // from here. Elsewhere each level's cpu.stat has the time of its own quota, and their sum is an
  // upper bound: two levels may be throttled at once.
  std::optional<Clock::Duration> Throttled() const;

 private:
  enum class Version { kNone, kV1, kV2 };

  std::optional<control::CpuQuota> QuotaIn(const std::string& directory) const;

  Version version_ = Version::kNone;
  std::vector<std::string> directories_;  // Own cgroup first, then its parents up to the mount.
};

}  // namespace loadline
