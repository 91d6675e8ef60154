// SPDX-License-Identifier: Apache-2.0
#include "tests/bench/report.h"

#include <algorithm>
#include <cassert>
#include <cstdio>
#include <cstdlib>
#include <fstream>

namespace loadline::bench {

Report::Report(int argc, char** argv) : program_(argv[0]) {
  if (argc != 1 && (argc != 3 || std::string_view(argv[1]) != "--json")) {
    std::fprintf(stderr, "usage: %s [--json FILE]\n", argv[0]);
    std::exit(2);
  }
  json_ = argc == 3 ? argv[2] : "";
}

void Report::Add(std::string_view name, double value, std::string_view note) {
  rows_.push_back({std::string(name), value, std::string(note)});
}

double Report::at(std::string_view name) const {
  const auto row = std::ranges::find(rows_, name, &Row::name);
  assert(row != rows_.end());
  return row->value;
}

int Report::Finish() const {
  for (const Row& row : rows_) {
    std::printf("%-36s %14.4f %s\n", row.name.c_str(), row.value, row.note.c_str());
  }
  if (json_.empty()) {
    return 0;
  }
  std::ofstream file(json_);
  file.precision(10);
  std::string_view separator = "{\n";
  for (const Row& row : rows_) {
    file << separator << "  \"" << row.name << "\": " << row.value;
    separator = ",\n";
  }
  file << "\n}\n";
  file.flush();
  if (!file.good()) {
    std::fprintf(stderr, "%s: %s cannot be written\n", program_.c_str(), json_.c_str());
    return 1;
  }
  return 0;
}

double Median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

}  // namespace loadline::bench
