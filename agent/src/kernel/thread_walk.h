// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "agent/src/kernel/left_out_watch.h"
#include "agent/src/kernel/probes.h"
#include "agent/src/kernel/process_ledgers.h"

namespace loadline::agent {

// What the kernel says of the threads of the host beyond their slots, at the price of those about
// whom there is news: who is queued for a CPU, who is new, and whom a new wait is for. Only each
// 31st time are all tasks walked over (0.7 us each), or sooner where that alone helps: a pool has
// changed, a thread has no slot, or an event of one was left out by the kernel. Threads with slots
// of their process's own are always walked over.
//
// Thread safety: none. The owner serializes calls.
class ThreadWalk {
 public:
  // `probes` must outlive this.
  explicit ThreadWalk(Probes& probes) : probes_(probes) {}

  absl::Status Walk(const ProcessLedgers::Reader& reader);

  // After a walk: a record per thread. It may be older than what the slot says, which its
  // `since_ns` tells, and of a thread that is gone, which the slot tells.
  std::span<const ll_record> records() const { return records_; }

  // The next walk asks for everybody: pools or features have changed.
  void Expire() { looks_until_walk_ = 0; }

 private:
  absl::Status WalkAll();
  absl::Status LookForNews(const std::vector<pid_t>& processes);

  Probes& probes_;
  int looks_until_walk_ = 0;
  bool all_have_slots_ = false;
  std::uint64_t arrays_dropped_ = 0;
  std::uint32_t walks_wanted_ = 0;
  LeftOutWatch left_out_;
  Probes::NewsSince since_;
  std::vector<ll_record> records_;
  std::vector<ll_record> news_;                         // Kept for its memory.
  absl::flat_hash_map<std::uint32_t, std::size_t> at_;  // In records_, by tid.
};

}  // namespace loadline::agent
