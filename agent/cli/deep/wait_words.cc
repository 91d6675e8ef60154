// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/deep/wait_words.h"

#include <algorithm>
#include <chrono>

#include "absl/strings/ascii.h"
#include "fmt/format.h"

namespace loadline::cli {

std::string Plain(std::string text) {
  std::ranges::replace_if(
      text, [](char c) { return !absl::ascii_isprint(static_cast<unsigned char>(c)); }, '?');
  return text;
}

std::string PoolName(const agent::WaitPool& pool) {
  return Plain(pool.tgid == 0 ? fmt::format("{} {}", pool.process, pool.name)
                              : fmt::format("{}[{}] {}", pool.process, pool.tgid, pool.name));
}

std::string WakerName(const std::optional<agent::WaitPool>& waker) {
  return waker ? PoolName(*waker) : std::string(kInterrupt);
}

std::string StopText(agent::WaitStop stop, const WaitReport& report) {
  switch (stop) {
    case agent::WaitStop::kBudgetIsSpent:
      return fmt::format(
          ", until the budget was spent (--budget-cpu={:g} % of all CPUs over the "
          "time asked for)",
          report.budget_percent);
    case agent::WaitStop::kAsked:
      return ", until it was interrupted";
    case agent::WaitStop::kTimeIsUp:
      break;
  }
  return "";
}

std::string_view StopName(agent::WaitStop stop) {
  switch (stop) {
    case agent::WaitStop::kBudgetIsSpent:
      return "budget";
    case agent::WaitStop::kAsked:
      return "interrupted";
    case agent::WaitStop::kTimeIsUp:
      break;
  }
  return "time";
}

}  // namespace loadline::cli
