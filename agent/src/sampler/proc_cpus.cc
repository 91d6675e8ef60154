// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/proc_cpus.h"

#include <sched.h>

#include <chrono>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "agent/src/sampler/proc_text.h"

namespace loadline::agent {

control::CpuQuota QuotaOf(std::string_view quota_us, std::string_view period_us) {
  std::int64_t quota = 0;  // "max" and "-1": no limit.
  std::int64_t period = 0;
  ToNumber(Words(quota_us).Next(), quota);
  ToNumber(Words(period_us).Next(), period);
  if (quota <= 0 || period <= 0) {
    return {};
  }
  return {.quota = std::chrono::microseconds{quota}, .period = std::chrono::microseconds{period}};
}

control::CpuQuota QuotaOf(std::string_view cpu_max) {
  Words words(cpu_max);
  const std::string_view quota = words.Next();
  return QuotaOf(quota, words.Next());
}

ProcCpus::ProcCpus(ProcFs proc, int cpus)
    : proc_(std::move(proc)),
      cpus_(cpus),
      hierarchy_(FindCpuHierarchy(proc_.ReadAll("self/mountinfo"))) {}

double ProcCpus::Of(pid_t tgid) const {
  cpu_set_t set;
  CPU_ZERO(&set);
  const bool bound = sched_getaffinity(tgid, sizeof(set), &set) == 0;
  std::vector<control::CpuQuota> quotas;
  if (hierarchy_) {
    for (const std::string& directory : GroupDirectories(
             *hierarchy_, proc_.ReadAll(absl::StrCat(proc_.OfProcess(tgid), "/cgroup")))) {
      const auto read = [&](const char* name) {
        return proc_.ReadAll(absl::StrCat(directory, "/", name));  // Absolute: not below /proc.
      };
      quotas.push_back(hierarchy_->unified
                           ? QuotaOf(read("cpu.max"))
                           : QuotaOf(read("cpu.cfs_quota_us"), read("cpu.cfs_period_us")));
    }
  }
  return control::EffectiveCpus(bound ? CPU_COUNT(&set) : cpus_, quotas);
}

}  // namespace loadline::agent
