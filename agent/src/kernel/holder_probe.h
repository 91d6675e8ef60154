// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "loadline_abi/host.h"

struct loadline_holders_bpf;  // The generated skeleton.

namespace loadline::agent {

// The program that reads the locks that threads wait for.
//
// Thread safety: one thread at a time, but for unreadable().
class HolderProbe {
 public:
  // kUnavailable: this kernel has no programs that may sleep (before 5.18).
  static absl::StatusOr<std::unique_ptr<HolderProbe>> Load();
  ~HolderProbe();
  HolderProbe(const HolderProbe&) = delete;
  HolderProbe& operator=(const HolderProbe&) = delete;

  // Appends each wait in progress of these processes' threads whose holder is known. May have to
  // wait: see HolderLooks.
  absl::Status Walk(std::span<const pid_t> tgids, std::vector<ll_lock_holder>& out);
  // Locks whose word could not be read.
  std::uint64_t unreadable() const;

 private:
  explicit HolderProbe(loadline_holders_bpf* skeleton) : skeleton_(skeleton) {}

  loadline_holders_bpf* skeleton_;
};

}  // namespace loadline::agent
