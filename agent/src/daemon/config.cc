// SPDX-License-Identifier: Apache-2.0
#include "agent/src/daemon/config.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "agent/src/daemon/config_file.h"
#include "fmt/format.h"
#include "loadline/number.h"
#include "loadline/rules.h"

namespace loadline::agent {
namespace {

constexpr NumberRange kPort{.least = 0, .most = 65535};
constexpr NumberRange kPercent{.least = 0, .most = 100, .whole = false};

bool ApplyListen(std::string_view text, Config& config) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) {
    return false;
  }
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  if (host.empty() || (!bracketed && host.find(':') != std::string_view::npos)) {
    return false;
  }
  config.listen.host = host;
  const std::optional<double> port = ReadNumber(text.substr(colon + 1), kPort);
  config.listen.port = static_cast<int>(port.value_or(0));
  return port.has_value();
}

bool ApplyRuntimeDir(std::string_view text, Config& config) {
  config.runtime_dir = text;
  return text.starts_with('/');
}

bool ApplyStateDir(std::string_view text, Config& config) {
  config.state_dir = text;
  return text.starts_with('/');
}

bool ApplyBudgetCpu(std::string_view text, Config& config) {
  const std::optional<double> percent = ReadNumber(text, kPercent);
  config.budget_cpu = percent.value_or(0) / 100;
  return percent.has_value();
}

bool ApplyDetail(std::string_view text, Config& config) {
  config.detail = Detail();
  if (text == "all") {
    return true;
  }
  for (const Feature feature : kFeatures) {
    config.detail.set(feature, false);
  }
  if (text == "none") {
    return true;
  }
  for (std::size_t begin = 0; begin <= text.size();) {
    const std::string_view word = text.substr(begin, text.find(',', begin) - begin);
    begin += word.size() + 1;
    const auto feature =
        std::ranges::find(kFeatures, word, [](Feature known) { return Name(known); });
    if (feature == kFeatures.end()) {
      return false;
    }
    config.detail.set(*feature, true);
  }
  return !text.empty();
}

// A whole number, or so many milliseconds: range and default are written once, in the row and in
// Config.
template <typename Value>
Setting Whole(std::string_view key, const NumberRange& range, Value Config::*member,
              std::string_view help) {
  return {.key = key,
          .form = fmt::format("UINT in [{} - {}]", range.least, range.most),
          .rule = NumberRule(range),
          .help = fmt::format("{} ({})", help, Config().*member / Value{1}),
          .apply = [=](std::string_view text, Config& config) {
            const std::optional<double> value = ReadNumber(text, range);
            config.*member = static_cast<Value>(static_cast<std::int64_t>(value.value_or(0)));
            return value.has_value();
          }};
}

// One of some words, of which none is written anywhere else.
Setting OneOf(std::string_view key, std::vector<std::string_view> words,
              std::string Config::*member, std::string_view help) {
  const std::vector<std::string_view> first(words.begin(), words.end() - 1);
  return {.key = key,
          .form = fmt::format("TEXT:{{{}}}", fmt::join(words, ",")),
          .rule = fmt::format("{} or {}", fmt::join(first, ", "), words.back()),
          .help = fmt::format("{} ({})", help, Config().*member),
          .apply = [=](std::string_view text, Config& config) {
            config.*member = text;
            return std::ranges::find(words, text) != words.end();
          }};
}

std::vector<Setting> MakeSettings() {
  return {
      {"listen", "HOST:PORT", "HOST:PORT with a port from 0 to 65535, where 0 is any that is free",
       "Where /metrics and the other pages are served (127.0.0.1:9435)", ApplyListen},
      {"runtime_dir", "PATH", "an absolute path",
       "Directory of the sockets (/run/loadline for root, else $XDG_RUNTIME_DIR/loadline)",
       ApplyRuntimeDir},
      {"state_dir", "PATH", "an absolute path",
       "Directory of the file by which what explain --at knows survives a restart (none)",
       ApplyStateDir},
      OneOf("source", {"auto", "bpf", "iter", "proc"}, &Config::source,
            "How threads are measured; auto is the first of bpf, iter and proc that can be had"),
      Whole("refresh_ms", {.least = 100, .most = 60'000}, &Config::refresh,
            "Time between two readings"),
      Whole("series_max", {.least = 100, .most = 1'000'000}, &Config::series_max,
            "Series of /metrics at most"),
      Whole("pools_max", {.least = 1, .most = 10'000}, &Config::pools_max,
            "Pools with a row of their own; the others add up in one"),
      {"budget_cpu", "PERCENT in [0 - 100]", NumberRule(kPercent) + ", where 0 is no budget",
       "CPU for the agent (of one CPU) and for its probes (of all) beyond which it measures less "
       "(1)",
       ApplyBudgetCpu},
      {"detail", "LIST", "all, none, or some of histograms,peers,unregistered",
       "What is measured beyond the counters of registered processes (all)", ApplyDetail},
      OneOf("log_level", {"debug", "info", "warn", "error"}, &Config::log_level,
            "What is logged on stderr"),
  };
}

absl::Status Apply(const Setting& setting, std::string_view value, std::string_view where,
                   Config& config) {
  if (setting.apply(value, config)) {
    return absl::OkStatus();
  }
  return MustBe(where, value, setting.rule);
}

absl::Status ApplyFile(const std::string& path, Config& config) {
  absl::StatusOr<std::vector<FileEntry>> entries = ReadConfigFile(path);
  if (!entries.ok()) {
    return entries.status();
  }
  for (const FileEntry& entry : *entries) {
    const auto setting = std::ranges::find(Settings(), entry.key, &Setting::key);
    const std::string where = fmt::format("{}:{}: {}", path, entry.line, entry.key);
    if (setting == Settings().end()) {
      return absl::InvalidArgumentError(fmt::format("{}: no such key", where));
    }
    if (absl::Status status = Apply(*setting, entry.value, where, config); !status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace

std::string Setting::environment_name() const {
  std::string name = "LOADLINE_";
  for (const char c : key) {
    name.push_back(c == '_' ? '_' : static_cast<char>(c - 'a' + 'A'));
  }
  return name;
}

std::string Setting::flag_name() const {
  std::string name = "--";
  std::ranges::replace_copy(key, std::back_inserter(name), '_', '-');
  return name;
}

std::span<const Setting> Settings() {
  static const std::vector<Setting> settings = MakeSettings();
  return settings;
}

absl::StatusOr<Config> LoadConfig(const ConfigInputs& inputs) {
  Config config;
  if (inputs.file.has_value()) {
    if (absl::Status status = ApplyFile(*inputs.file, config); !status.ok()) {
      return status;
    }
  }
  for (const Setting& setting : Settings()) {
    const std::string name = setting.environment_name();
    const std::optional<std::string> value = inputs.environment(name);
    if (!value.has_value()) {
      continue;
    }
    if (absl::Status status = Apply(setting, *value, name, config); !status.ok()) {
      return status;
    }
  }
  for (const GivenFlag& flag : inputs.flags) {
    if (absl::Status status = Apply(*flag.setting, flag.value, flag.setting->flag_name(), config);
        !status.ok()) {
      return status;
    }
  }
  return config;
}

}  // namespace loadline::agent
