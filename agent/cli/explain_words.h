// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace loadline::cli {

// What pools lose time to, as a phrase: "waits for 10.0.0.5:5432"; of several pools "wait for
// 10.0.0.5:5432". `culprit` may be empty. A cause that this program does not know, as of a newer
// agent, is named as it is.
std::string CauseWords(std::string_view cause, std::string_view culprit, bool several = false);

// "480 us", "50 ms", "1.9 s", "3 min", "5 h", "4 days": two digits, for people.
std::string TimeWords(double seconds);

// "41 pools", "1 pool".
std::string Counted(unsigned long number, std::string_view one);

// A part of a whole: "97 %"; "<1 %" where it would be rounded to nothing.
std::string Percent(double share);

}  // namespace loadline::cli
