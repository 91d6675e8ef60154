// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/summary.h"

#include <algorithm>
#include <array>
#include <cstdio>

namespace loadline::cli {
namespace {

double OfBestStatic(const Row& row) {
  const double best = row.o2 ? std::min(1.0, *row.o2) : 1.0;
  return best > 0.01 ? std::min(1.0, row.mean.goodput_of_oracle / best) : 1;
}

std::string KindOf(const sim::Phase& phase) {
  const std::size_t space = phase.name.find(' ');
  return space == std::string::npos ? "all" : phase.name.substr(0, space);
}

}  // namespace

std::vector<Column> Summarize(const std::vector<Row>& rows) {
  std::vector<Column> columns;
  for (const Row& row : rows) {
    const std::string phase = KindOf(*row.phase);
    auto column = std::find_if(columns.begin(), columns.end(), [&](const Column& each) {
      return each.phase == phase && each.law == row.law;
    });
    if (column == columns.end()) {
      column = columns.insert(columns.end(), Column{.phase = phase, .law = row.law});
    }
    const double value = OfBestStatic(row);
    column->mean += value;
    column->best_static |= row.o2.has_value();
    ++column->cells;
    column->below_90 += value < 0.9 ? 1 : 0;
    if (value <= column->worst) {
      column->worst = value;
      column->worst_scenario = row.scenario->name;
    }
  }
  for (Column& column : columns) {
    column.mean /= column.cells;
  }
  return columns;
}

std::string SummaryTable(const std::vector<Column>& columns) {
  const bool best_static =
      std::any_of(columns.begin(), columns.end(), [](const Column& c) { return c.best_static; });
  std::string text = "\nGoodput by kind of phase, of what the ";
  text += best_static ? "best static limit reaches\n" : "oracle reaches\n";
  for (const Column& column : columns) {
    std::array<char, 200> line{};
    std::snprintf(line.data(), line.size(),
                  "  %-10s %-16s mean %5.1f %%  worst %5.1f %% (%s)  %d of %d below 90 %%\n",
                  column.phase.c_str(), column.law.c_str(), 100 * column.mean, 100 * column.worst,
                  column.worst_scenario.c_str(), column.below_90, column.cells);
    text += line.data();
  }
  return text;
}

}  // namespace loadline::cli
