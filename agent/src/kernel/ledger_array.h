// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "loadline_abi/ledger.h"

namespace loadline::agent {

// How many slots the ledger of a process with `threads` threads gets: half as many again and some
// spare ones, the header, and what fills the page. 16 slots are a page.
std::uint32_t LedgerSlots(std::size_t threads);

// What such an array takes: its pages, and one that the kernel puts before them.
std::size_t LedgerBytes(std::uint32_t slots);

// The array of one process: made, its header written, frozen so that nobody but the probes can
// write to it any more, and mapped.
class LedgerArray {
 public:
  static absl::StatusOr<std::unique_ptr<LedgerArray>> Create(pid_t tgid, std::uint32_t slots,
                                                             std::uint32_t generation,
                                                             const ll_ledger_header& host);
  ~LedgerArray();
  LedgerArray(const LedgerArray&) = delete;
  LedgerArray& operator=(const LedgerArray&) = delete;

  int fd() const { return fd_; }
  // The first is the header. The kernel writes them all the time.
  std::span<const ll_slot> slots() const { return slots_; }
  const ll_ledger_header& header() const;
  // Slots that have an owner, now.
  std::uint32_t used() const;
  // Threads that found no slot, so far.
  std::uint64_t full() const;

 private:
  explicit LedgerArray(int fd) : fd_(fd) {}
  absl::Status Map(std::uint32_t slots);

  const int fd_;
  std::span<const ll_slot> slots_;
};

}  // namespace loadline::agent
