// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "loadline/sim/time.h"

namespace loadline::sim {

inline constexpr std::uint32_t kNone = UINT32_MAX;

// One attempt at the service, or a nested task of one.
struct Request {
  enum class Step : std::uint8_t { kQueued, kPool, kCpu, kLock, kNested, kCall, kGone };

  Ns sent_at = 0;  // By the client.
  Ns admitted_at = 0;
  Ns begun_at = 0;           // It got a thread.
  std::uint64_t number = 0;  // Names its random draws.
  double work = 0;           // CPU time left, ns.
  Ns hold = 0;
  Ns call = 0;
  std::uint32_t next = kNone;    // In the list that it waits in.
  std::uint32_t generation = 0;  // Of this place in the arena.
  std::uint32_t client = kNone;
  std::uint32_t client_generation = 0;
  std::uint32_t parent = kNone;  // Of a nested task.
  std::uint32_t epoch = 0;       // Of its admission, for the limiter.
  std::uint16_t phases = 0;      // Bit i: phase i.
  std::uint8_t level = 0;
  std::uint8_t tenant = 0;
  std::uint8_t kind = 0;  // Of Scenario::classes.
  std::uint8_t dependency = 0;
  Step step = Step::kQueued;
  bool waits_for_server = false;
  bool failed = false;
  bool dropped = false;    // Timed out, or was refused further down.
  bool abandoned = false;  // Its client went away, and told us.
};

// Requests in one block of memory, by index: no allocation per request once it has grown.
template <typename T>
class Arena {
 public:
  std::uint32_t Take() {
    if (free_.empty()) {
      items_.emplace_back();
      return static_cast<std::uint32_t>(items_.size() - 1);
    }
    const std::uint32_t index = free_.back();
    free_.pop_back();
    const std::uint32_t generation = items_[index].generation;
    items_[index] = T{};
    items_[index].generation = generation;
    return index;
  }

  void Release(std::uint32_t index) {
    ++items_[index].generation;
    free_.push_back(index);
  }

  T& operator[](std::uint32_t index) { return items_[index]; }
  const T& operator[](std::uint32_t index) const { return items_[index]; }

 private:
  std::vector<T> items_;
  std::vector<std::uint32_t> free_;
};

using Requests = Arena<Request>;

// First in, first out, through Request::next.
class RequestFifo {
 public:
  bool empty() const { return first_ == kNone; }
  int size() const { return size_; }
  std::uint32_t front() const { return first_; }

  void Push(Requests& requests, std::uint32_t index) {
    requests[index].next = kNone;
    if (first_ == kNone) {
      first_ = index;
    } else {
      requests[last_].next = index;
    }
    last_ = index;
    ++size_;
  }

  std::uint32_t Pop(Requests& requests) {
    const std::uint32_t index = first_;
    first_ = requests[index].next;
    --size_;
    return index;
  }

 private:
  std::uint32_t first_ = kNone;
  std::uint32_t last_ = kNone;
  int size_ = 0;
};

}  // namespace loadline::sim
