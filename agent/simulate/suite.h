// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

namespace loadline::cli {

// One scenario of tests/scenario, as part of the program: `simulate --suite` needs no source tree.
struct SuiteFile {
  std::string_view name;  // "S2a".
  std::string_view yaml;
};

// In the order of the suite: S1a, S1b, ..., S15.
std::span<const SuiteFile> Suite();

// tests/scenario/best_static.txt, for StaticLimitCache.
std::string_view SuiteBestStatic();

// Null if there is no such scenario.
const SuiteFile* FindInSuite(std::string_view name);

}  // namespace loadline::cli
