// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace loadline::bench {

// What a benchmark found: a table for people, and with `--json FILE` one flat object of figures.
//
//     Report report(argc, argv);
//     report.Add("gate_ns", gate_ns);
//     return report.Finish();
class Report {
 public:
  // Ends the program with 2 if the arguments are anything but "[--json FILE]".
  Report(int argc, char** argv);

  // `note` is printed behind the value.
  void Add(std::string_view name, double value, std::string_view note = "");

  // The value of a name that was added.
  double at(std::string_view name) const;

  // Prints and writes in the order of adding. Returns the exit code: 1 if FILE cannot be written.
  int Finish() const;

 private:
  struct Row {
    std::string name;
    double value;
    std::string note;
  };

  std::string program_;
  std::string json_;  // Empty: nowhere.
  std::vector<Row> rows_;
};

// Of the values, one of which there must be.
double Median(std::vector<double> values);

}  // namespace loadline::bench
