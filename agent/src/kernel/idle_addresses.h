// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "agent/src/kernel/probes.h"

namespace loadline::agent {

// The futexes that the workers of registered processes idle on: evidence, not a guess. A range
// stands for each of its aligned words, since only the C library knows which word of a
// pthread_cond_t it waits on.
//
// Thread safety: one thread at a time.
class IdleAddresses {
 public:
  // `probes` must outlive this.
  explicit IdleAddresses(Probes& probes) : probes_(probes) {}

  // kInvalidArgument: an empty range, or one of more than 4,096 bytes. kResourceExhausted: full.
  absl::Status Add(pid_t tgid, std::uint64_t start, std::uint32_t length);
  void Remove(pid_t tgid);

  // Addresses for which there was no room.
  std::uint64_t lost() const { return lost_; }

 private:
  Probes& probes_;
  absl::flat_hash_map<pid_t, std::vector<std::uint64_t>> addresses_;
  std::uint64_t lost_ = 0;
};

}  // namespace loadline::agent
