// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace loadline::bench {

// The kernel's own count of a program's runs and of the time they took. It is kept only while some
// ProgramStats lives, and needs CAP_SYS_ADMIN.
class ProgramStats {
 public:
  static absl::StatusOr<ProgramStats> Enable();
  ~ProgramStats();
  ProgramStats(ProgramStats&& other) noexcept;
  ProgramStats& operator=(ProgramStats&& other) = delete;

  struct Cost {
    std::uint64_t runs = 0;
    std::uint64_t time_ns = 0;
  };
  // Of the newest loaded program of that name.
  absl::StatusOr<Cost> Of(std::string_view program) const;

 private:
  explicit ProgramStats(int fd) : fd_(fd) {}

  int fd_;
};

}  // namespace loadline::bench
