// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <string_view>

namespace loadline::agent {

// What a thread calls itself, as the kernel keeps it: any bytes but NUL, at most 15 of them; what
// is longer is cut. A host has tens of thousands, so it owns no memory and compares as 16 bytes.
class ThreadName {
 public:
  static constexpr std::size_t kLengthMax = 15;

  constexpr ThreadName() = default;
  // Implicit both ways, as names come and go as text.
  template <std::convertible_to<std::string_view> Text>
  constexpr ThreadName(const Text& text) {  // NOLINT(google-explicit-constructor)
    const std::string_view name = text;
    const std::size_t length = std::min(name.size(), kLengthMax);
    for (std::size_t i = 0; i < length && name[i] != '\0'; ++i) {  // Calls cost more than 15 bytes.
      bytes_[i] = name[i];
    }
  }

  constexpr std::string_view view() const {
    const std::string_view all(bytes_.data(), bytes_.size());
    return all.substr(0, all.find('\0'));
  }
  constexpr operator std::string_view() const {  // NOLINT(google-explicit-constructor)
    return view();
  }

  friend constexpr bool operator==(const ThreadName&, const ThreadName&) = default;

 private:
  std::array<char, kLengthMax + 1> bytes_{};  // Zeros behind the name.
};

}  // namespace loadline::agent
