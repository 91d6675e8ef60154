// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "absl/time/time.h"
#include "loadline/v1/report.pb.h"

namespace loadline::cli {

struct TextStyle {
  bool color = false;
  std::size_t width = 80;
  absl::TimeZone zone = absl::UTCTimeZone();  // Of times of day.
};

// A report for people: the host in a line, then its entries by number, the most trouble first, then
// how much was left out, and what cannot be known. `request` is what was asked.
std::string ExplainText(const v1::Report& report, const v1::ExplainRequest& request,
                        const TextStyle& style);

}  // namespace loadline::cli
