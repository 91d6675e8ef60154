// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/recursion_misses.h"

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

namespace loadline::agent {

std::uint64_t RecursionMisses(std::span<const bpf_program* const> programs) {
  std::uint64_t sum = 0;
  for (const bpf_program* program : programs) {
    bpf_prog_info info{};
    __u32 size = sizeof(info);
    if (bpf_obj_get_info_by_fd(bpf_program__fd(program), &info, &size) == 0) {
      sum += info.recursion_misses;
    }
  }
  return sum;
}

}  // namespace loadline::agent
