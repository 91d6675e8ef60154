// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/text_wrap.h"

#include <algorithm>

namespace loadline::cli {
namespace {

std::size_t Columns(std::string_view text) {
  std::size_t columns = 0;
  bool in_colour = false;
  for (const char c : text) {
    if (c == '\x1b') {
      in_colour = true;
    } else if (in_colour) {
      in_colour = c != 'm';
    } else if ((static_cast<unsigned char>(c) & 0xC0) != 0x80) {
      ++columns;
    }
  }
  return columns;
}

}  // namespace

std::string Wrapped(std::string_view first, std::string_view text, std::size_t width) {
  const std::size_t indent = Columns(first);
  std::string lines(first);
  std::size_t column = indent;
  std::size_t blanks = 0;  // Before the next word, unless it begins a line.
  while (!text.empty()) {
    const std::string_view word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const std::size_t columns = Columns(word);
    if (columns > 0 && column > indent && column + blanks + columns > width) {
      lines.append(1, '\n').append(indent, ' ');
      column = indent;
      blanks = 0;
    }
    if (columns > 0) {
      lines.append(blanks, ' ').append(word);
      column += blanks + columns;
      blanks = 0;
    }
    blanks += column > indent ? 1 : 0;
  }
  return lines + "\n";
}

}  // namespace loadline::cli
