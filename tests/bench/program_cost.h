// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "absl/status/statusor.h"

namespace loadline::bench {

// The kernel's own count of each program's runs and of the time they took. It is kept only while
// some ProgramStats lives, and needs CAP_SYS_ADMIN.
class ProgramStats {
 public:
  static absl::StatusOr<ProgramStats> Enable();
  ~ProgramStats();
  ProgramStats(ProgramStats&& other) noexcept;
  ProgramStats& operator=(ProgramStats&& other) = delete;

  struct Cost {
    std::string name;
    std::uint64_t runs = 0;
    std::uint64_t time_ns = 0;
  };
  // All programs of the host by their number in the kernel; those loaded later have higher ones.
  std::map<std::uint32_t, Cost> Read() const;

 private:
  explicit ProgramStats(int fd) : fd_(fd) {}

  int fd_;
};

}  // namespace loadline::bench
