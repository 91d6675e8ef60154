// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>

namespace loadline::cli {

// A random service with random troubles, as the YAML of a scenario. The same seed gives the same
// text: tune on some seeds, report others.
//
// Most are anything: 1 to 64 cores, 0.3 to 80 ms of CPU, up to 200 times that in waiting, deadlines
// of 3 to 15 residences, one to three troubles at a time, sometimes with a faulty signal. Of each
// ten, four are kinds that control laws find hard: long waits of 0.3 to 4 s (seeds that end in 6),
// fewer than 20 requests per second (7), a shift of the mix that moves the right limit tenfold or
// more (8), and a dependency that slows down to the deadline while clients try again (9).
//
// Phases: base, event+5 (its first seconds), event, after+5, after.
std::string GenerateScenario(std::uint64_t seed);

}  // namespace loadline::cli
