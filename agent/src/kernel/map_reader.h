// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/bpf.h>

#include <cerrno>
#include <span>
#include <utility>
#include <vector>

namespace loadline::agent {

// Reads all entries of a hash map, in one call to the kernel per some hundred of them: 0.2 us each.
// Entries that are added or deleted meanwhile may be seen or not.
//
// Thread safety: one thread at a time.
template <typename Key, typename Value>
class MapReader {
 public:
  explicit MapReader(int fd) : fd_(fd) {}

  // Good until the next call.
  std::span<const std::pair<Key, Value>> Read() & {
    entries_.clear();
    __u32 batch = 0;
    void* from = nullptr;
    for (int error = 0; error == 0; from = &batch) {
      __u32 count = kAtOnce;
      error =
          bpf_map_lookup_batch(fd_, from, &batch, keys_.data(), values_.data(), &count, nullptr);
      if (error != 0 && errno != ENOENT) {  // ENOENT: these were the last.
        break;
      }
      for (__u32 i = 0; i < count; ++i) {
        entries_.emplace_back(keys_[i], values_[i]);
      }
    }
    return entries_;
  }

 private:
  static constexpr __u32 kAtOnce = 512;  // More than a bucket ever holds.

  int fd_;
  std::vector<Key> keys_ = std::vector<Key>(kAtOnce);  // All are kept for their memory.
  std::vector<Value> values_ = std::vector<Value>(kAtOnce);
  std::vector<std::pair<Key, Value>> entries_;
};

}  // namespace loadline::agent
