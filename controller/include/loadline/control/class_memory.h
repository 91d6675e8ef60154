// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "loadline/control/bottleneck.h"

namespace loadline::control {

struct Verdict {
  Bottleneck bottleneck = Bottleneck::kHealthy;
  Bottleneck modifier = Bottleneck::kHealthy;  // kThrottled or kNeighbour beside another class.
  double confidence = 0;                       // Part of the last ten windows that agreed.

  friend bool operator==(const Verdict&, const Verdict&) = default;
};

// Some classes by precedence, the first first. Those in [causes_begin, causes_end) turn kThrottled
// and kNeighbour into modifiers where they hold too.
struct ClassOrder {
  std::span<const Bottleneck> classes;  // At most ClassMemory::kClassesMax.
  std::size_t causes_begin = 0;
  std::size_t causes_end = 0;
};

// Keeps a class from flapping: the first one that has held for three windows in a row is the
// verdict, until it has not held for five (stale: one and one). What the classifiers share.
//
// Thread safety: none. Allocates nothing.
class ClassMemory {
 public:
  static constexpr std::size_t kClassesMax = 16;

  // What `order` refers to must outlive this.
  explicit ClassMemory(const ClassOrder& order) : order_(order) {}

  // Bit i of `holds`: whether the rule of order.classes[i] holds in this window.
  Verdict Add(std::uint32_t holds);

  const Verdict& verdict() const { return verdict_; }

 private:
  static constexpr std::size_t kRecent = 10;
  struct Rule {
    std::uint8_t held = 0;
    std::uint8_t missed = 0;
    bool active = false;
  };
  bool Active(Bottleneck bottleneck) const;
  void Choose();

  ClassOrder order_;
  std::array<Rule, kClassesMax> rules_{};
  std::array<Bottleneck, kRecent> recent_{};
  std::uint8_t windows_ = 0;  // Up to kRecent.
  std::uint8_t next_ = 0;
  Verdict verdict_;
};

}  // namespace loadline::control
