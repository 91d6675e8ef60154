// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/law_choice.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "agent/simulate/law_reader.h"
#include "loadline/number.h"

namespace loadline::cli {
namespace {

std::string Plain(double value) {
  std::ostringstream text;
  text << value;
  return text.str();
}

bool HasOption(std::string_view law, std::string_view option) {
  const std::vector<control::OptionInfo> infos = control::LawOptions(law);
  return std::any_of(infos.begin(), infos.end(),
                     [&](const control::OptionInfo& info) { return info.name == option; });
}

absl::StatusOr<std::vector<control::OptionMap>> ReadSweep(const std::string& sweep) {
  const std::size_t equals = sweep.find('=');
  if (equals == std::string::npos || equals == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("--sweep ", sweep, ": must be OPTION=VALUE[,VALUE...]"));
  }
  std::vector<control::OptionMap> maps;
  for (const absl::string_view text : absl::StrSplit(sweep.substr(equals + 1), ',')) {
    const std::optional<double> value = ReadNumber(std::string(text), kAnyNumber);
    if (!value) {
      return absl::InvalidArgumentError(
          absl::StrCat("--sweep ", sweep, ": ", text, " is no number"));
    }
    maps.push_back({{sweep.substr(0, equals), *value}});
  }
  return maps;
}

absl::Status Named(const char* flag, const absl::Status& status) {
  return status.ok() ? status
                     : absl::Status(status.code(), absl::StrCat(flag, ": ", status.message()));
}

// "kernel,aimd", "all", "@FILE".
absl::StatusOr<std::vector<LawChoice>> NamedLaws(const std::string& names) {
  std::vector<LawChoice> choices;
  if (names.starts_with('@')) {
    std::ifstream file(names.substr(1));
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) {
      return absl::InvalidArgumentError(absl::StrCat("--law ", names, ": cannot be read"));
    }
    absl::StatusOr<std::vector<LawChoice>> read = ReadLaws(text.str());
    return read.ok() ? read
                     : absl::InvalidArgumentError(
                           absl::StrCat(names.substr(1), ": ", read.status().message()));
  }
  if (names == "all") {
    for (const std::string_view name : control::LawNames()) {
      choices.push_back({std::string(name), {}});
    }
    return choices;
  }
  for (const absl::string_view name : absl::StrSplit(names, ',')) {
    choices.push_back({std::string(name), {}});
  }
  return choices;
}

absl::Status CheckLaw(const LawChoice& choice) {
  if (absl::Status status = control::MakeLaw(choice.name, {}).status(); !status.ok()) {
    return Named("--law", status);
  }
  return Named("--sweep", control::MakeLaw(choice.name, choice.options).status());
}

}  // namespace

std::string LawChoice::Label() const {
  std::string label = name;
  for (const auto& [option, value] : options) {
    absl::StrAppend(&label, " ", option, "=", Plain(value));
  }
  return label;
}

absl::StatusOr<std::unique_ptr<control::ControlLaw>> MakeLawFor(const LawChoice& choice,
                                                                const sim::Scenario& scenario) {
  control::OptionMap options = choice.options;
  if (HasOption(choice.name, "limit_max")) {
    options.try_emplace("limit_max", scenario.limit_max);
  }
  if (HasOption(choice.name, "limit_initial")) {
    options.try_emplace("limit_initial", scenario.limit_initial);
  }
  return control::MakeLaw(choice.name, options);
}

absl::StatusOr<std::vector<LawChoice>> ChooseLaws(const std::string& names,
                                                  const std::string& sweep) {
  absl::StatusOr<std::vector<LawChoice>> chosen = NamedLaws(names);
  if (!chosen.ok()) {
    return chosen.status();
  }
  std::vector<control::OptionMap> maps = {{}};
  if (!sweep.empty()) {
    absl::StatusOr<std::vector<control::OptionMap>> swept = ReadSweep(sweep);
    if (!swept.ok()) {
      return swept.status();
    }
    maps = *std::move(swept);
  }
  std::vector<LawChoice> choices;
  for (const LawChoice& choice : *chosen) {
    for (const control::OptionMap& map : maps) {
      choices.push_back(choice);
      for (const auto& [option, value] : map) {
        choices.back().options[option] = value;
      }
      if (const absl::Status status = CheckLaw(choices.back()); !status.ok()) {
        return status;
      }
    }
  }
  return choices;
}

}  // namespace loadline::cli
