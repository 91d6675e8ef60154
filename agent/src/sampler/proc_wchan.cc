// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/proc_wchan.h"

#include <algorithm>
#include <array>

#include "loadline_abi/wait_reason.h"

namespace loadline::agent {
namespace {

struct Entry {
  std::string_view prefix;
  WaitReason reason;
};

constexpr auto kTable = std::to_array<Entry>({
#define LOADLINE_WAIT_FUNCTION(reason, prefix) {prefix, static_cast<WaitReason>(reason)},
    LL_WAIT_FUNCTIONS(LOADLINE_WAIT_FUNCTION)
#undef LOADLINE_WAIT_FUNCTION
});

}  // namespace

std::optional<WaitReason> ReasonOfFunction(std::string_view function) {
  const auto* const found = std::ranges::find_if(
      kTable, [function](const Entry& entry) { return function.starts_with(entry.prefix); });
  if (found == kTable.end()) {
    return std::nullopt;
  }
  return found->reason;
}

}  // namespace loadline::agent
