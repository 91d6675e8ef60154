// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <utility>
#include <vector>

namespace loadline::agent {

// Numbers for values that many records name: a value is kept while something refers to it, and its
// number is another's afterwards. Bounded by the count and by the bytes of the values, which
// `bytes_of` tells; an entry takes kOverhead more.
//
// Thread safety: none.
template <typename Value>
class RefTable {
 public:
  using BytesOf = std::size_t (*)(const Value&);
  static constexpr std::size_t kOverhead = sizeof(Value) + 80;  // A node of a tree, an entry.

  RefTable(std::size_t values_max, std::size_t bytes_max, BytesOf bytes_of)
      : values_max_(values_max), bytes_max_(bytes_max), bytes_of_(bytes_of) {}

  // One more reference to the value. nullopt: there is no room.
  std::optional<std::uint16_t> Take(const Value& value) {
    if (const auto found = at_.find(value); found != at_.end()) {
      ++entries_[found->second].references;
      return found->second;
    }
    const std::size_t bytes = BytesFor(value);
    if (at_.size() >= values_max_ || bytes_ + bytes > bytes_max_) {
      return std::nullopt;
    }
    std::uint16_t number = 0;
    if (free_.empty()) {
      number = static_cast<std::uint16_t>(entries_.size());
      entries_.emplace_back();
    } else {
      number = free_.back();
      free_.pop_back();
    }
    Put(number, value);
    entries_[number].references = 1;
    return number;
  }

  // One more reference to what has the number already. False: nothing has it.
  bool TakeAgain(std::uint16_t number) {
    if (!Has(number)) {
      return false;
    }
    ++entries_[number].references;
    return true;
  }

  void Release(std::uint16_t number) {
    Entry& entry = entries_[number];
    if (--entry.references > 0) {
      return;
    }
    Erase(number);
  }

  // As it was saved: without references so far, see Sweep(). False: there is no room, or it has
  // one.
  bool Restore(std::uint16_t number, const Value& value) {
    const std::size_t bytes = BytesFor(value);
    if (number >= values_max_ || at_.contains(value) || Has(number) ||
        bytes_ + bytes > bytes_max_) {
      return false;
    }
    while (entries_.size() <= number) {
      free_.push_back(static_cast<std::uint16_t>(entries_.size()));
      entries_.emplace_back();
    }
    std::erase(free_, number);
    Put(number, value);
    return true;
  }
  // Forgets what was restored and nothing refers to.
  void Sweep() {
    for (std::size_t number = 0; number < entries_.size(); ++number) {
      if (entries_[number].value != nullptr && entries_[number].references == 0) {
        Erase(static_cast<std::uint16_t>(number));
      }
    }
  }

  const Value& operator[](std::uint16_t number) const { return *entries_[number].value; }
  bool Has(std::uint16_t number) const {
    return number < entries_.size() && entries_[number].value != nullptr;
  }
  template <typename Function>
  void ForEach(Function function) const {
    for (const auto& [value, number] : at_) {
      function(number, value);
    }
  }
  std::size_t size() const { return at_.size(); }
  std::size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    const Value* value = nullptr;  // In at_.
    std::uint32_t references = 0;
  };

  std::size_t BytesFor(const Value& value) const { return bytes_of_(value) + kOverhead; }
  void Put(std::uint16_t number, const Value& value) {
    entries_[number].value = &at_.emplace(value, number).first->first;
    bytes_ += BytesFor(value);
  }
  void Erase(std::uint16_t number) {
    Entry& entry = entries_[number];
    bytes_ -= BytesFor(*entry.value);
    at_.erase(at_.find(*entry.value));
    entry = Entry();
    free_.push_back(number);
  }

  const std::size_t values_max_;
  const std::size_t bytes_max_;
  const BytesOf bytes_of_;
  std::size_t bytes_ = 0;
  std::map<Value, std::uint16_t> at_;
  std::vector<Entry> entries_;
  std::vector<std::uint16_t> free_;
};

}  // namespace loadline::agent
