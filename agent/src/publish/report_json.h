// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"
#include "loadline/v1/report.pb.h"

namespace loadline::agent {

// What a report may take as JSON, whatever the host: 8 KB with the end of the line. A person, a
// script or a language model can read that whole.
inline constexpr std::size_t kReportBytesMax = 8191;

// `report`, with as much left out as its JSON needs to have `bytes` at most: the least trouble
// first, so always from the end. What is left out is counted in the report, and nothing else
// changes but that texts longer than a sentence are cut and numbers rounded to six digits.
//
// A report without entries is the shortest there is, and is returned if even that is too long: its
// own texts take 3 KB at most.
v1::Report FitTo(v1::Report report, std::size_t bytes);

// With the field names of the proto, and fields that are zero; in one line.
absl::StatusOr<std::string> AsJson(const v1::Report& report);

}  // namespace loadline::agent
