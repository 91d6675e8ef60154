// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/advice.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "loadline/control/bottleneck.h"

namespace loadline::cli {
namespace {

// In the order of control::Bottleneck.
constexpr std::array<std::string_view, control::kBottleneckNames.size()> kAdvice = {
    "Nothing holds it back.",
    "No fresh kernel signal: see whether the agent runs. Do not judge by old figures.",
    "Demand is the limit: nothing to do.",
    "Raise the CPU quota of its cgroup, or send it less load. Do not add threads: they share the "
    "same quota.",
    "Move one of the two, or set CPU weights. Do not add threads: they would take the CPU from the "
    "neighbour.",
    "It needs more CPUs, or less work per request; a limit keeps the queue short meanwhile. Do not "
    "add threads.",
    "Shorten what is done under this lock, or split it. Do not add threads: they would queue for "
    "it "
    "too.",
    "Nothing answers in time: see to that dependency, and fail fast meanwhile. Do not add threads.",
    "It gets more than it can take: limit the calls to it. Do not add threads: they would queue "
    "there.",
    "Look at that peer, not here; a limiter with a deadline in front of it keeps other work alive. "
    "Do not shed by latency: the pool is its victim.",
    "Fewer threads finish the same work sooner: lower the size of the pool. Do not kill those that "
    "are busy.",
    "Look at the storage (iostat -x 1): is it full, or is too much asked of it? Do not add "
    "threads: "
    "they queue there.",
    "It pages: look at its memory limit and at what it maps and allocates. Do not add threads: "
    "each "
    "needs memory.",
    "Its threads wait for others of it that wait elsewhere, mostly for a connection: look at what "
    "those wait for, then at the size of that smaller pool. Do not add threads.",
    "Take this work out of the event loop: everybody behind the loop waits meanwhile. More loops "
    "only hide it.",
    "Most of its threads never work: a smaller pool would do. Look at its peaks before shrinking "
    "it.",
    "It is at rest: nothing to do.",
};

static_assert(std::ranges::none_of(kAdvice, &std::string_view::empty), "a class lacks advice");

}  // namespace

std::string_view AdviceFor(std::string_view bottleneck_class) {
  const auto found = std::ranges::find(control::kBottleneckNames, bottleneck_class);
  const auto at = static_cast<std::size_t>(found - control::kBottleneckNames.begin());
  return at < kAdvice.size() ? kAdvice[at] : std::string_view();
}

}  // namespace loadline::cli
