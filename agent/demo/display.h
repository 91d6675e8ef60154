// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdio>
#include <string>

#include "agent/demo/screen.h"
#include "agent/demo/text_cells.h"
#include "loadline/clock.h"

namespace loadline::demo {

// What the terminal behind `fd` can do: its size, NO_COLOR, TERM=dumb, the locale's character set.
Style StyleOf(int fd);

// Shows the demo while it plays: a screen that redraws itself where `out` is a terminal, else a
// line per second.
//
// Thread safety: none.
class Display {
 public:
  explicit Display(std::FILE* out);

  // Every time that there is something new.
  void Show(const ScreenState& state, Clock::Time now);

  // Text that stays, below what was drawn so far; what is drawn next goes below it.
  void Say(const std::string& text);

  const Style& style() const { return style_; }

 private:
  std::FILE* out_;
  Style style_;
  bool redraws_;         // A terminal, and wide enough.
  int lines_drawn_ = 0;  // Of the frame that the next one overwrites.
  Clock::Time next_line_{};
};

}  // namespace loadline::demo
