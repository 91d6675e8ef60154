// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/display.h"

#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace loadline::demo {
namespace {

std::string_view Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

// As the C library does: the first that is set decides.
bool LocaleIsUtf8() {
  for (const char* name : {"LC_ALL", "LC_CTYPE", "LANG"}) {
    if (const std::string_view value = Environment(name); !value.empty()) {
      return value.find("UTF-8") != std::string_view::npos ||
             value.find("utf8") != std::string_view::npos;
    }
  }
  return false;
}

bool IsTerminal(int fd) { return isatty(fd) == 1 && Environment("TERM") != "dumb"; }

bool CanRedraw(std::FILE* out, const Style& style) {
  return IsTerminal(fileno(out)) && style.width >= kScreenWidthMin;
}

}  // namespace

Style StyleOf(int fd) {
  Style style;
  const bool terminal = IsTerminal(fd);
  style.color = terminal && Environment("NO_COLOR").empty();
  style.unicode = LocaleIsUtf8();
  winsize size{};
  if (terminal && ioctl(fd, TIOCGWINSZ, &size) == 0 && size.ws_col > 0) {
    style.width = std::min<int>(size.ws_col - 1, 160);
    style.height = std::max<int>(size.ws_row - 1, 10);
  }
  return style;
}

Display::Display(std::FILE* out)
    : out_(out), style_(StyleOf(fileno(out))), redraws_(CanRedraw(out, style_)) {}

void Display::Show(const ScreenState& state, Clock::Time now) {
  if (!redraws_) {
    if (now >= next_line_) {
      next_line_ = now + std::chrono::seconds{1};
      std::fputs(absl::StrCat(RenderLine(state), "\n").c_str(), out_);
      std::fflush(out_);
    }
    return;
  }
  style_ = StyleOf(fileno(out_));  // The window may have changed.
  const std::string frame = RenderScreen(state, style_);
  std::string text = lines_drawn_ > 0 ? absl::StrCat("\x1b[", lines_drawn_, "A\r") : "";
  // Each line clears its rest, the last one all below: nothing flickers.
  absl::StrAppend(&text, absl::StrReplaceAll(frame, {{"\n", "\x1b[K\n"}}), "\x1b[K\n\x1b[J");
  std::fputs(text.c_str(), out_);
  std::fflush(out_);
  lines_drawn_ = 1 + static_cast<int>(std::ranges::count(frame, '\n'));
}

void Display::Say(const std::string& text) {
  std::fputs(absl::StrCat(text, "\n").c_str(), out_);
  std::fflush(out_);
  lines_drawn_ = 0;
}

}  // namespace loadline::demo
