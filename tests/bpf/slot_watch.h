// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>

#include "absl/status/statusor.h"

namespace loadline::agent {

// Probes of its own, whose slots are looked at one by one.
class SlotWatch {
 public:
  static absl::StatusOr<std::unique_ptr<SlotWatch>> Create();
  virtual ~SlotWatch() = default;

  // How many slots say that they have an owner, whom a walk over all threads does not find there:
  // the same one in this look and in the one before. On a busy host some threads are just ending.
  virtual std::size_t WithoutThread() = 0;
};

}  // namespace loadline::agent
