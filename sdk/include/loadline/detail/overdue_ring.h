// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>

#include "loadline/clock.h"

namespace loadline::detail {

// Knows how many operations have been in flight for longer than a deadline, without a list of them.
//
// Admissions are counted in buckets of an eighth of the deadline. A bucket is one word, {epoch,
// count}, reused after 64 epochs, when what is left in it moves to `ancient_`. So a hung operation
// is seen at most an eighth of the deadline late, and never early.
//
// Thread safety: lock-free, any thread. A count may be off by the operations that change it at this
// moment; Overdue() never answers less than 0. Relaxed order: no other data is guarded.
class OverdueRing {
 public:
  // `deadline` > 0.
  explicit OverdueRing(Clock::Duration deadline) noexcept
      : width_(std::max<Clock::Duration::rep>(deadline.count() / kBucketsPerDeadline, 1)) {}

  // Counts an admission. Keep the answer for Remove().
  std::uint32_t Add(Clock::Time now) noexcept {
    const std::uint32_t epoch = EpochOf(now);
    std::atomic<std::uint64_t>& bucket = BucketOf(epoch);
    std::uint64_t word = bucket.load(std::memory_order_relaxed);
    for (;;) {
      const auto behind = static_cast<std::int32_t>(epoch - Epoch(word));
      // Either this thread slept for 64 epochs since it read the clock, or, where the count is 0,
      // the epoch number wrapped since the bucket was last used.
      if (behind < 0 && Count(word) != 0) {
        ancient_.fetch_add(1, std::memory_order_relaxed);
        return epoch;
      }
      const std::uint64_t next = behind == 0 ? word + 1 : Pack(epoch, 1);
      if (bucket.compare_exchange_weak(word, next, std::memory_order_relaxed)) {
        if (behind != 0 && Count(word) != 0) {
          ancient_.fetch_add(Count(word), std::memory_order_relaxed);
        }
        return epoch;
      }
    }
  }

  // Takes back the admission that Add() answered with `epoch`.
  void Remove(std::uint32_t epoch) noexcept {
    std::atomic<std::uint64_t>& bucket = BucketOf(epoch);
    std::uint64_t word = bucket.load(std::memory_order_relaxed);
    while (Epoch(word) == epoch) {
      if (bucket.compare_exchange_weak(word, word - 1, std::memory_order_relaxed)) {
        return;
      }
    }
    ancient_.fetch_sub(1, std::memory_order_relaxed);
  }

  int Overdue(Clock::Time now) const noexcept {
    const std::uint32_t epoch = EpochOf(now);
    std::int64_t overdue = ancient_.load(std::memory_order_relaxed);
    for (const std::atomic<std::uint64_t>& bucket : buckets_) {
      const std::uint64_t word = bucket.load(std::memory_order_relaxed);
      if (static_cast<std::int32_t>(epoch - Epoch(word)) > kBucketsPerDeadline) {
        overdue += Count(word);
      }
    }
    return static_cast<int>(std::max<std::int64_t>(overdue, 0));
  }

 private:
  static constexpr int kBucketsPerDeadline = 8;
  static constexpr std::size_t kBuckets = 64;

  static constexpr std::uint32_t Epoch(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>(word >> 32);
  }
  static constexpr std::uint32_t Count(std::uint64_t word) noexcept {
    return static_cast<std::uint32_t>(word);
  }
  static constexpr std::uint64_t Pack(std::uint32_t epoch, std::uint32_t count) noexcept {
    return std::uint64_t{epoch} << 32 | count;
  }
  std::uint32_t EpochOf(Clock::Time now) const noexcept {
    return static_cast<std::uint32_t>(now.time_since_epoch().count() / width_);
  }
  std::atomic<std::uint64_t>& BucketOf(std::uint32_t epoch) noexcept {
    return buckets_[epoch % kBuckets];
  }

  const Clock::Duration::rep width_;
  std::array<std::atomic<std::uint64_t>, kBuckets> buckets_{};
  std::atomic<std::int64_t> ancient_{0};
};

}  // namespace loadline::detail
