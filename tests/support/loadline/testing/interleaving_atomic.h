// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <utility>

namespace loadline::testing {

// An atomic that runs `after_load` once, right after the next load: "meanwhile, elsewhere...". It
// forces the interleaving that threads hammering a real one seldom hit.
//
// Thread safety: none; one thread acts out all.
template <typename T>
class InterleavingAtomic : public std::atomic<T> {
 public:
  using std::atomic<T>::atomic;

  static inline std::function<void()> after_load;

  T load(std::memory_order order) const {
    const T value = std::atomic<T>::load(order);
    if (auto meanwhile = std::exchange(after_load, nullptr)) {
      meanwhile();
    }
    return value;
  }
};

}  // namespace loadline::testing
