// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "agent/src/publish/metric_row.h"
#include "prometheus/metric_family.h"

namespace loadline::agent {

constexpr prometheus::MetricType ToPrometheus(MetricType type) {
  switch (type) {
    case MetricType::kCounter:
      return prometheus::MetricType::Counter;
    case MetricType::kGauge:
      return prometheus::MetricType::Gauge;
    case MetricType::kHistogram:
      break;
  }
  return prometheus::MetricType::Histogram;
}

// The metrics of one table in one exposition: a family for each row, which may stay empty.
//
// Thread safety: none. Table, cap and families must outlive it; families may be added, not removed.
template <typename Subject>
class TableFamilies {
 public:
  // Adds the families of `table` at the end of `families`.
  TableFamilies(const MetricTable<Subject>& table, SeriesCap& cap,
                std::vector<prometheus::MetricFamily>& families)
      : table_(table), cap_(cap), families_(families), first_(families.size()) {
    for (const MetricRow<Subject>& row : table.rows) {
      families.push_back({.name = std::string(row.name),
                          .help = std::string(row.help),
                          .type = ToPrometheus(row.type),
                          .metric = {}});
    }
  }

  // What the rows of one turn say of one subject.
  void Emit(Turn turn, const Subject& subject) {
    const LabelValues shared = table_.values(subject);
    for (std::size_t i = 0; i < table_.rows.size(); ++i) {
      const MetricRow<Subject>& row = table_.rows[i];
      if (row.turn == turn) {
        Samples out({.shared_names = Used(table_.labels),
                     .shared_values = shared,
                     .names = Used(row.labels),
                     .always = table_.always},
                    families_[first_ + i], cap_);
        row.emit(subject, out);
      }
    }
  }

  // What all rows say of all subjects, turn by turn.
  template <typename Subjects>
  void EmitAll(const Subjects& subjects) {
    for (const Turn turn : kTurns) {
      for (const Subject& subject : subjects) {
        Emit(turn, subject);
      }
    }
  }

 private:
  const MetricTable<Subject>& table_;
  SeriesCap& cap_;
  std::vector<prometheus::MetricFamily>& families_;
  const std::size_t first_;  // Of its families.
};

}  // namespace loadline::agent
