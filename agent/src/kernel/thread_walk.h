// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "agent/src/kernel/probes.h"
#include "agent/src/kernel/process_ledgers.h"

namespace loadline::agent {

// What the iterator says of the threads of the host, at the price of those about whom there is
// news.
//
// A slot says all of a blocked thread, but for whom it waits and since when if that is longer than
// the probes are there. So only each tenth walk asks for everybody; the others ask for threads that
// run or are queued, for new ones, and for processes that have begun to wait for a network.
//
// Thread safety: none. The owner serializes calls.
class ThreadWalk {
 public:
  // `probes` must outlive this.
  explicit ThreadWalk(Probes& probes) : probes_(probes) {}

  absl::Status Walk(const ProcessLedgers::Reader& reader);

  // After a walk: a record per thread. Those of blocked threads may be older than the slot, which
  // their `since_ns` tells, and some of threads that are gone, which the slot tells.
  std::span<const ll_record> records() const { return records_; }

  // The next walk asks for everybody: pools or features have changed.
  void Expire() { walks_until_all_ = 0; }

 private:
  absl::Status WalkAll();
  absl::Status WalkNews();
  absl::Status WalkNewPeers(const ProcessLedgers::Reader& reader);
  void Take(std::span<const ll_record> news);

  Probes& probes_;
  int walks_until_all_ = 0;
  bool all_have_slots_ = false;
  std::uint64_t arrays_dropped_ = 0;
  std::uint64_t newest_ns_ = 0;  // When the youngest thread that the walk before saw started.
  std::vector<ll_record> records_;
  std::vector<ll_record> news_;                         // Kept for its memory.
  absl::flat_hash_map<std::uint32_t, std::size_t> at_;  // In records_, by tid.
};

}  // namespace loadline::agent
