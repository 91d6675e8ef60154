// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/report.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/simulate/format.h"
#include "agent/simulate/gates.h"
#include "loadline/control/kernel_law.h"
#include "loadline/control/law_factory.h"
#include "nlohmann/json.hpp"

namespace loadline::cli {
namespace {

std::string ClassName(const sim::PhaseScore& score) {
  std::string name(control::Name(score.bottleneck));
  if (score.modifier != control::Bottleneck::kHealthy) {
    name += "+";
    name += control::Name(score.modifier);
  }
  return name;
}

bool ClassExpected(const Row& row) { return row.phase->bottleneck || row.phase->modifier; }

// Rounded to what is meant, so that a diff of two reports shows changes and no noise.
nlohmann::ordered_json Number(double value, int digits) {
  const double scale = std::pow(10.0, digits);
  return std::isfinite(value) ? nlohmann::ordered_json(std::round(value * scale) / scale) : nullptr;
}

// "98 / 67 ms", "4 / 5.0 s"; "0 / -": nothing was answered.
std::string MarkdownCell(const Row& row) {
  const double goodput = 100 * row.mean.goodput_of_oracle;
  const double ms = row.mean.p99_ms;
  return ms <= 0      ? Format("%.0f / -", goodput)
         : ms < 1000  ? Format("%.0f / %.0f ms", goodput, ms)
         : ms < 10000 ? Format("%.0f / %.1f s", goodput, ms / 1000)
                      : Format("%.0f / %.0f s", goodput, ms / 1000);
}

// A line more, where requests differ in importance.
std::string LevelsLine(const sim::PhaseScore& score) {
  if (score.levels.size() < 2) {
    return "";
  }
  std::string text = Format("%35s goodput by level", "");
  for (const double level : score.levels) {
    text += Format(" %.1f %%", 100 * level);
  }
  return text +
         Format("; inversions %.3f %%, Jain index %.3f\n", 100 * score.inversions, score.jain);
}

}  // namespace

std::string Table(const std::vector<Row>& rows) {
  std::string text = Format("%-8s %-11s %-14s %8s %6s %5s %7s %8s %9s %6s %6s %7s  %s\n",
                            "scenario", "phase", "law", "goodput", "worst", "O2", "p50 ms",
                            "p99 ms", "p99.9 ms", "shed %", "conv s", "drift", "class (right)");
  const Row* before = nullptr;
  for (const Row& row : rows) {
    if (before != nullptr && before->scenario != row.scenario) {
      text += "\n";
    }
    before = &row;
    const sim::PhaseScore& m = row.mean;
    text += Format(
        "%-8s %-11s %-14s %6.1f %%%c %5.1f %5.0f %7.1f %7.1f%c %9.1f %5.2f%c %6.1f %6.1f%%",
        row.scenario->name.c_str(), row.phase->name.c_str(), row.law.c_str(),
        100 * m.goodput_of_oracle, m.goodput_of_oracle < GoodputGate(row) ? '!' : ' ',
        100 * row.worst_goodput, 100 * row.o2.value_or(0), m.p50_ms, m.p99_ms,
        row.phase->bounds.p99_ms && m.p99_ms > *row.phase->bounds.p99_ms ? '!' : ' ', m.p999_ms,
        100 * m.false_shed,
        row.phase->bounds.false_shed && m.false_shed > *row.phase->bounds.false_shed ? '!' : ' ',
        m.converge_s, 100 * m.drift_per_10min);
    absl::StrAppend(&text, "  ", ClassName(m));
    if (ClassExpected(row)) {
      text += Format(" (%.0f %%)", 100 * m.class_correct);
    }
    text += "\n" + LevelsLine(m);
  }
  return text;
}

std::string Json(const std::vector<Row>& rows) {
  nlohmann::ordered_json list = nlohmann::ordered_json::array();
  for (const Row& row : rows) {
    const sim::PhaseScore& m = row.mean;
    const sim::Phase::Bounds& bounds = row.phase->bounds;
    nlohmann::ordered_json j;
    j["scenario"] = row.scenario->name;
    j["phase"] = row.phase->name;
    j["law"] = row.law;
    j["goodput_of_oracle"] = Number(m.goodput_of_oracle, 5);
    j["worst_goodput"] = Number(row.worst_goodput, 5);
    j["o2"] = row.o2 ? Number(*row.o2, 5) : nullptr;
    j["p50_ms"] = Number(m.p50_ms, 3);
    j["p99_ms"] = Number(m.p99_ms, 3);
    j["p99_bound_ms"] = bounds.p99_ms ? Number(*bounds.p99_ms, 3) : nullptr;
    j["false_shed"] = Number(m.false_shed, 6);
    j["converge_s"] = Number(m.converge_s, 3);
    j["recover_s"] = bounds.recover_s ? Number(m.converge_s, 3) : nullptr;
    j["drift_per_10min"] = Number(m.drift_per_10min, 5);
    j["class"] = ClassName(m);
    j["class_correct"] = ClassExpected(row) ? Number(m.class_correct, 5) : nullptr;
    list.push_back(std::move(j));
  }
  return nlohmann::ordered_json{{"rows", std::move(list)}}.dump(1) + "\n";
}

std::string Markdown(const std::vector<Row>& rows) {
  std::vector<std::string> laws;
  for (const Row& row : rows) {
    if (std::find(laws.begin(), laws.end(), row.law) == laws.end()) {
      laws.push_back(row.law);
    }
  }
  std::string head = "| scenario, phase |", line = "|---|";
  for (const std::string& law : laws) {
    absl::StrAppend(&head, " ", law, " |");
    line += "---|";
  }
  std::string text = head + "\n" + line + "\n";
  std::map<std::string, double> worst;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (i % laws.size() == 0) {
      absl::StrAppend(&text, "| ", rows[i].scenario->name, " ", rows[i].phase->name, " |");
    }
    absl::StrAppend(&text, " ", MarkdownCell(rows[i]), " |");
    const double goodput = rows[i].mean.goodput_of_oracle;
    const auto [place, first] = worst.emplace(rows[i].law, goodput);
    place->second = std::min(place->second, goodput);
    if ((i + 1) % laws.size() == 0) {
      text += "\n";
    }
  }
  text += "| worst phase |";
  for (const std::string& law : laws) {
    text += Format(" %.0f |", 100 * worst[law]);
  }
  return text + "\n";
}

std::string OptionTable(std::string_view law) {
  std::string text = "| Option | Default | Range | Why |\n|---|---|---|---|\n";
  for (const control::OptionInfo& option : control::LawOptions(law)) {
    text += Format("| `%s` | %g | %g to %g | %s |\n", std::string(option.name).c_str(),
                   option.initial, option.min, option.max, std::string(option.why).c_str());
  }
  return text;
}

std::string RuleTable() {
  std::string text = "| Rule | When | Does |\n|---|---|---|\n";
  for (const control::RuleRow& rule : control::KernelRules()) {
    absl::StrAppend(&text, "| `", std::string(rule.name), "` | ", std::string(rule.when), " | ",
                    std::string(rule.does), " |\n");
  }
  return text;
}

}  // namespace loadline::cli
