// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <optional>
#include <string_view>
#include <utility>

#include "agent/src/sampler/proc_cgroup.h"
#include "agent/src/sampler/proc_fs.h"
#include "loadline/control/effective_cpus.h"

namespace loadline::agent {

// The quota that one directory of the cgroup hierarchy sets; `cpu_max` of v2 ("80000 100000"), or
// the two files of v1. Nothing: none.
control::CpuQuota QuotaOf(std::string_view cpu_max);
control::CpuQuota QuotaOf(std::string_view quota_us, std::string_view period_us);

// How many CPUs a process may use: by the affinity of its first thread and the quotas of its
// cgroups.
//
// Asking costs some files, about 50 us: ask for those that matter, and now and then.
//
// Thread safety: none.
class ProcCpus {
 public:
  // `cpus` of the host: the answer for a process of which nothing is known.
  ProcCpus(ProcFs proc, int cpus);

  double Of(pid_t tgid) const;

 private:
  ProcFs proc_;
  const int cpus_;
  std::optional<CgroupHierarchy> hierarchy_;
};

}  // namespace loadline::agent
