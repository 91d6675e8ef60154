// SPDX-License-Identifier: Apache-2.0
#include "loadline/effective_cpus.h"

#include <sched.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "loadline/control/effective_cpus.h"
#include "sdk/src/cgroup_cpu.h"

namespace loadline {
namespace {

int AffinityCpus() {
  // The kernel refuses a mask shorter than its own: hosts beyond 1024 CPUs need a longer one.
  for (int cpus = 1024; cpus <= 1 << 20; cpus *= 2) {
    cpu_set_t* mask = CPU_ALLOC(static_cast<std::size_t>(cpus));
    const std::size_t size = CPU_ALLOC_SIZE(static_cast<std::size_t>(cpus));
    const int error = sched_getaffinity(0, size, mask) == 0 ? 0 : errno;
    const int count = error == 0 ? CPU_COUNT_S(size, mask) : 0;
    CPU_FREE(mask);
    if (error != EINVAL) {
      return std::max(count, 1);
    }
  }
  return 1;
}

}  // namespace

double EffectiveCpus() { return control::EffectiveCpus(AffinityCpus(), CgroupCpu().Quotas()); }

}  // namespace loadline
