// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "agent/src/publish/samples.h"

namespace loadline::agent {

// When the samples of a row are made. Where there are too many series, those of a later turn are
// left out first, for all subjects.
enum class Turn : std::uint8_t { kFirst, kSecond, kLast };
inline constexpr std::array kTurns = {Turn::kFirst, Turn::kSecond, Turn::kLast};

// One metric: everything that is said of it, and where its value comes from.
//
//     {.name = "loadline_threads",
//      .type = MetricType::kGauge,
//      .labels = {"state"},
//      .help = "Threads by what they do now.",
//      .emit = [](const PoolSeries& pool, Samples& out) {
//        out.Add({"idle"}, pool.threads.idle);
//      }}
template <typename Subject>
struct MetricRow {
  std::string_view name = {};
  MetricType type = MetricType::kGauge;
  LabelNames labels = {};  // Beside those that all rows of the table have.
  std::string_view help = {};
  Turn turn = Turn::kFirst;
  void (*emit)(const Subject& subject, Samples& out) = nullptr;
};

// The metrics of things of one kind: of pools, of limiters, of the agent.
template <typename Subject>
struct MetricTable {
  std::span<const MetricRow<Subject>> rows;
  // What each sample has in front of the labels of its row, and whence the values.
  LabelNames labels = {};
  LabelValues (*values)(const Subject& subject) = [](const Subject&) { return LabelValues{}; };
  // Whether its samples come on top of the cap, as what the agent says of itself, drops included.
  bool always = false;
};

}  // namespace loadline::agent
