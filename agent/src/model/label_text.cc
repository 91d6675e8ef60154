// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/label_text.h"

#include <algorithm>
#include <cstddef>

namespace loadline::agent {
namespace {

unsigned char ByteAt(std::string_view text, std::size_t at) {
  return at < text.size() ? static_cast<unsigned char>(text[at]) : 0;
}

bool IsIn(unsigned char byte, int low, int high) { return byte >= low && byte <= high; }

// Length of the character that `text` starts with; 0: it is none. The second byte decides about
// overlong forms, surrogates and what is beyond Unicode (table 3-7 of the standard).
std::size_t CharacterLength(std::string_view text) {
  const unsigned char first = ByteAt(text, 0);
  const unsigned char second = ByteAt(text, 1);
  if (first < 0x80) {
    return first < 0x20 || first == 0x7f ? 0 : 1;
  }
  const auto continues = [&](std::size_t at) { return IsIn(ByteAt(text, at), 0x80, 0xbf); };
  if (IsIn(first, 0xc2, 0xdf)) {
    return continues(1) ? 2 : 0;
  }
  if (IsIn(first, 0xe0, 0xef)) {
    const bool fits = IsIn(second, first == 0xe0 ? 0xa0 : 0x80, first == 0xed ? 0x9f : 0xbf);
    return fits && continues(2) ? 3 : 0;
  }
  if (IsIn(first, 0xf0, 0xf4)) {
    const bool fits = IsIn(second, first == 0xf0 ? 0x90 : 0x80, first == 0xf4 ? 0x8f : 0xbf);
    return fits && continues(2) && continues(3) ? 4 : 0;
  }
  return 0;
}

}  // namespace

std::string LabelText(std::string_view name) {
  std::string text;
  text.reserve(name.size());
  while (!name.empty()) {
    const std::size_t length = CharacterLength(name);
    text += length == 0 ? "?" : name.substr(0, length);
    name.remove_prefix(std::max<std::size_t>(length, 1));
  }
  return text;
}

}  // namespace loadline::agent
