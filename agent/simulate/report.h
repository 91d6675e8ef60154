// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "agent/simulate/experiment.h"

namespace loadline::cli {

// A table for a terminal: a line for each row; '!' marks what misses its gate.
std::string Table(const std::vector<Row>& rows);

// {"rows": [...]}: means over seeds; parts, not per cent; null where something does not apply.
std::string Json(const std::vector<Row>& rows);

// Laws side by side: "goodput % of oracle / p99 ms", with the worst phase of each law as last line.
std::string Markdown(const std::vector<Row>& rows);

// The options of a law as a Markdown table: name, default, range and why.
std::string OptionTable(std::string_view law);

// The rules of law `kernel` as a Markdown table, the weakest first.
std::string RuleTable();

}  // namespace loadline::cli
