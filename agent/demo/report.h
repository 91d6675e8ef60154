// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "agent/demo/figures.h"
#include "agent/demo/text_cells.h"

namespace loadline::demo {

// The runs beside each other, for people. Pure.
std::string RenderTable(const std::vector<RunFigures>& runs, const Style& style);

// The same as one JSON object, on one line:
//
//     {"runs":[{"mode":"fixed-200","recovery_seconds":5.1,"recovered":true,...,"phases":[{"name":
//     "steady","independent":{"offered":1500,"good":1500,"p99_ms":3.1,...},"dependent":{...}}]}]}
std::string RenderJson(const std::vector<RunFigures>& runs);

}  // namespace loadline::demo
