// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

namespace loadline::detail {

// Which of `kShardCount` shards the calling thread adds to. Threads are dealt out in turn.
inline constexpr std::size_t kShardCount = 16;
inline std::size_t ShardIndex() noexcept {
  static std::atomic<std::size_t> next{0};
  thread_local const std::size_t mine = next.fetch_add(1, std::memory_order_relaxed) % kShardCount;
  return mine;
}

// A row of totals that many threads add to and one reader sums up.
//
// Each shard has cache lines of its own, so that two cores seldom fight over one. The price is
// kShardCount times the memory, and a sum that is not of one instant.
//
// Thread safety: any. Relaxed order: totals guard nothing.
template <std::size_t kColumns>
class Shards {
 public:
  void Add(std::size_t column, std::int64_t amount) noexcept {
    rows_[ShardIndex()].totals[column].fetch_add(amount, std::memory_order_relaxed);
  }

  std::int64_t Sum(std::size_t column) const noexcept {
    std::int64_t sum = 0;
    for (const Row& row : rows_) {
      sum += row.totals[column].load(std::memory_order_relaxed);
    }
    return sum;
  }

 private:
  struct alignas(64) Row {
    std::array<std::atomic<std::int64_t>, kColumns> totals{};
  };
  std::array<Row, kShardCount> rows_{};
};

}  // namespace loadline::detail
