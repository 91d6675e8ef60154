// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/program_cost.h"

#include <bpf/bpf.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <utility>

namespace loadline::bench {

absl::StatusOr<ProgramStats> ProgramStats::Enable() {
  const int fd = bpf_enable_stats(BPF_STATS_RUN_TIME);
  if (fd < 0) {
    return absl::ErrnoToStatus(errno, "cannot switch the kernel's BPF statistics on (root needed)");
  }
  return ProgramStats(fd);
}

ProgramStats::ProgramStats(ProgramStats&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

ProgramStats::~ProgramStats() {
  if (fd_ >= 0) {
    close(fd_);
  }
}

std::map<std::uint32_t, ProgramStats::Cost> ProgramStats::Read() const {
  std::map<std::uint32_t, Cost> all;
  for (__u32 id = 0; bpf_prog_get_next_id(id, &id) == 0;) {
    const int fd = bpf_prog_get_fd_by_id(id);
    bpf_prog_info info{};
    __u32 length = sizeof(info);
    if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &length) == 0) {
      all[id] = {.name = info.name, .runs = info.run_cnt, .time_ns = info.run_time_ns};
    }
    if (fd >= 0) {
      close(fd);
    }
  }
  return all;
}

}  // namespace loadline::bench
