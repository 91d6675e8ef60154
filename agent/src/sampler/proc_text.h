// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <charconv>
#include <string_view>
#include <system_error>

namespace loadline::agent {

// The parts of `text` between separators, one after the other. Empty parts are left out.
class Words {
 public:
  explicit Words(std::string_view text, std::string_view separators = " \t\n")
      : rest_(text), separators_(separators) {}

  // Empty: there is none left.
  std::string_view Next() {
    const std::size_t start = rest_.find_first_not_of(separators_);
    if (start == std::string_view::npos) {
      rest_ = {};
      return {};
    }
    rest_.remove_prefix(start);
    const std::string_view word = rest_.substr(0, rest_.find_first_of(separators_));
    rest_.remove_prefix(word.size());
    return word;
  }

  void Skip(int words) {
    for (int i = 0; i < words; ++i) {
      Next();
    }
  }

  std::string_view Last() {
    std::string_view last;
    for (std::string_view word = Next(); !word.empty(); word = Next()) {
      last = word;
    }
    return last;
  }

 private:
  std::string_view rest_;
  std::string_view separators_;
};

// Whether all of `word` is a number; if not, `number` stays as it is.
template <typename Number>
bool ToNumber(std::string_view word, Number& number, int base = 10) {
  Number value{};
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), value, base);
  if (error != std::errc() || end != word.data() + word.size()) {
    return false;
  }
  number = value;
  return true;
}

}  // namespace loadline::agent
