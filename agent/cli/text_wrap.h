// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace loadline::cli {

// `first` and the words of `text` behind it, in lines of `width` columns at most; the lines after
// the first begin with as many blanks as `first` has columns. A word that is longer than a line
// keeps a line of its own. Blanks between words stay within a line. Ends with a new line.
//
// Colours (ECMA-48, "ESC [ ... m") take no columns; each character of UTF-8 takes one.
std::string Wrapped(std::string_view first, std::string_view text, std::size_t width);

}  // namespace loadline::cli
