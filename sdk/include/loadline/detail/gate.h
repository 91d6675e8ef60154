// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <atomic>
#include <cassert>
#include <cstdint>

namespace loadline::detail {

// Counts who is inside, and lets in no more than a limit that may change at any time.
//
// Below kWholeFrom a limit has a fraction worth keeping: 2.5 admits two at any time and a third one
// for half of the time. Each admission earns credit, each one above floor(limit) spends 1; the rate
// f * (n + 1) / limit, with n the floor and f the fraction, makes the average under saturation
// equal to the limit. inside() never exceeds ceil(limit).
//
// `Atomic` is a parameter for one reason: a test can pass an atomic that runs another thread's step
// between the load and the exchange, which is where a race would be.
//
// Thread safety: lock-free. Relaxed order is enough because the count guards no other data.
template <template <typename> typename Atomic = std::atomic>
class Gate {
 public:
  // Integer limits lose 20 to 50 % of the capacity at 2 to 4 and little above.
  static constexpr float kWholeFrom = 5;

  // More than ever are inside, and far from where the count would overflow.
  static constexpr float kLimitMost = 1e9F;

  // Answers how many are now inside, the caller included; 0 means refused. `limit` >= 1; beyond
  // kLimitMost, infinity included, it is kLimitMost.
  [[nodiscard]] int TryEnter(float limit) noexcept {
    limit = std::min(limit, kLimitMost);
    std::uint64_t word = word_.load(std::memory_order_relaxed);
    for (;;) {
      const State next = Next(Unpack(word), limit);
      if (next.inside == 0) {
        return 0;
      }
      if (word_.compare_exchange_weak(word, Pack(next), std::memory_order_relaxed)) {
        return static_cast<int>(next.inside);
      }
    }
  }

  // Lets the caller in whatever the limit.
  int Enter() noexcept {
    return static_cast<int>(Unpack(word_.fetch_add(1, std::memory_order_relaxed)).inside) + 1;
  }

  void Leave() noexcept {
    // The count is in the low half and above 0, so nothing is borrowed from the credit.
    [[maybe_unused]] const std::uint64_t before = word_.fetch_sub(1, std::memory_order_relaxed);
    assert(Unpack(before).inside > 0);
  }

  int inside() const noexcept {
    return static_cast<int>(Unpack(word_.load(std::memory_order_relaxed)).inside);
  }

 private:
  struct State {
    std::uint32_t inside;
    std::uint32_t credit;  // In 1 / kOne.
  };
  static constexpr std::uint32_t kOne = 1U << 16;

  static constexpr State Unpack(std::uint64_t word) noexcept {
    return {static_cast<std::uint32_t>(word), static_cast<std::uint32_t>(word >> 32)};
  }
  static constexpr std::uint64_t Pack(State state) noexcept {
    return std::uint64_t{state.credit} << 32 | state.inside;
  }

  // The state with one more inside; inside == 0: refused.
  static State Next(State now, float limit) noexcept {
    const auto whole = static_cast<std::uint32_t>(limit);
    const float fraction = limit < kWholeFrom ? limit - static_cast<float>(whole) : 0;
    const auto earned = static_cast<std::uint32_t>(fraction * static_cast<float>(whole + 1) /
                                                   limit * static_cast<float>(kOne));
    if (now.inside < whole) {
      // What one admission earns must fit on top of 1, or fractions near 1 would lose some; but an
      // idle hour must not save up for a burst.
      return {now.inside + 1, std::min(now.credit + earned, 2 * kOne)};
    }
    if (now.inside == whole && fraction > 0 && now.credit >= kOne) {
      return {now.inside + 1, now.credit - kOne + earned};
    }
    return {0, 0};
  }

  Atomic<std::uint64_t> word_{0};
};

}  // namespace loadline::detail
