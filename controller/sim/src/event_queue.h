// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "loadline/sim/time.h"

namespace loadline::sim {

enum class EventKind : std::uint8_t {
  kArrival,
  kUser,           // A user of the closed loop has thought.
  kCoreDone,       // index: core.
  kHoldDone,       // The lock's holder leaves it. index: request.
  kCallDone,       // A dependency answers. index: request.
  kCallTimeout,    // index: request.
  kClientTimeout,  // index: client.
  kRetry,          // index: client.
  kTick,
  kSpeed,  // Some core's speed changes.
  kQuotaPeriod,
  kQuotaSpent,
  kServers,  // A dependency's servers change. index: dependency.
};

// `generation` tells an event from one that was meant for an earlier owner of the index.
struct Event {
  Ns at = 0;
  std::uint32_t order = 0;
  std::uint32_t index = 0;
  std::uint32_t generation = 0;
  EventKind kind{};
  std::uint8_t tag = 0;  // kCallDone: the dependency.
};

// What happens next. Ties go to the event that was added first, so a history is unique.
//
// A heap of four children a node: half the levels of a binary one, and the children share a line.
class EventQueue {
 public:
  void Push(Ns at, EventKind kind, std::uint32_t index = 0, std::uint32_t generation = 0,
            std::uint8_t tag = 0) {
    const Event event{at, next_order_++, index, generation, kind, tag};
    std::size_t hole = heap_.size();
    heap_.push_back(event);
    while (hole > 0) {
      const std::size_t parent = (hole - 1) / 4;
      if (!Before(event, heap_[parent])) {
        break;
      }
      heap_[hole] = heap_[parent];
      hole = parent;
    }
    heap_[hole] = event;
  }

  bool empty() const { return heap_.empty(); }
  const Event& top() const { return heap_.front(); }

  Event Pop() {
    const Event first = heap_.front();
    const Event last = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) {
      Sink(last);
    }
    return first;
  }

 private:
  static bool Before(const Event& a, const Event& b) {
    return a.at != b.at ? a.at < b.at : a.order < b.order;
  }

  void Sink(const Event& event) {
    const std::size_t size = heap_.size();
    std::size_t hole = 0;
    for (std::size_t child = 1; child < size; child = 4 * hole + 1) {
      std::size_t least = child;
      const std::size_t end = child + 4 < size ? child + 4 : size;
      for (std::size_t i = child + 1; i < end; ++i) {
        least = Before(heap_[i], heap_[least]) ? i : least;
      }
      if (!Before(heap_[least], event)) {
        break;
      }
      heap_[hole] = heap_[least];
      hole = least;
    }
    heap_[hole] = event;
  }

  std::vector<Event> heap_;
  std::uint32_t next_order_ = 0;
};

}  // namespace loadline::sim
