// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

namespace loadline {

// Addresses of this process: [start, start + length_bytes).
struct AddressRange {
  std::uint64_t start = 0;
  std::uint32_t length_bytes = 0;

  friend bool operator==(const AddressRange&, const AddressRange&) = default;
};

}  // namespace loadline
