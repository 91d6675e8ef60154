// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/explain_query.h"

#include <optional>
#include <set>

#include "absl/status/status.h"
#include "absl/strings/escaping.h"
#include "fmt/format.h"
#include "loadline/number.h"

namespace loadline::agent {
namespace {

constexpr NumberRange kSwitch{.least = 0, .most = 1, .whole = true};
// Up to the year 2106. A moment before the agent began is refused by who makes the report.
constexpr NumberRange kUnixTime{.least = 1, .most = 4294967295.0, .whole = false};

absl::Status Wrong(const std::string& name, const std::string& value, const std::string& rule) {
  return absl::InvalidArgumentError(
      fmt::format("{}: \"{}\" must be {}", absl::CHexEscape(name), absl::CHexEscape(value), rule));
}

}  // namespace

absl::StatusOr<v1::ExplainRequest> ExplainRequestOf(
    const std::multimap<std::string, std::string>& parameters) {
  v1::ExplainRequest request;
  std::set<std::string> seen;
  for (const auto& [name, value] : parameters) {
    if (!seen.insert(name).second) {
      return absl::InvalidArgumentError(fmt::format("{}: is given twice", absl::CHexEscape(name)));
    }
    if (name == "name") {
      request.set_name(value);
      continue;
    }
    const NumberRange& range = name == "all" ? kSwitch : kUnixTime;
    if (name != "all" && name != "at" && name != "since") {
      return absl::InvalidArgumentError(fmt::format(
          "{}: is no parameter; there are name, all, at and since", absl::CHexEscape(name)));
    }
    const std::optional<double> number = ReadNumber(value, range);
    if (!number) {
      return Wrong(name, value,
                   NumberRule(range) + (name == "all" ? "" : ", in seconds since 1970"));
    }
    if (name == "all") {
      request.set_all(*number == 1);
    } else if (name == "at") {
      request.set_at_unix_time(*number);
    } else {
      request.set_since_unix_time(*number);
    }
  }
  if (request.at_unix_time() > 0 && request.since_unix_time() > request.at_unix_time()) {
    return absl::InvalidArgumentError("since: must be before at");
  }
  return request;
}

}  // namespace loadline::agent
