// SPDX-License-Identifier: Apache-2.0
#include "agent/cli/explain_words.h"

#include <algorithm>
#include <array>

#include "absl/strings/str_replace.h"
#include "fmt/format.h"

namespace loadline::cli {
namespace {

// "[s]" is the ending of one pool's verb, "[its]" the pool's own or the pools' own.
struct Phrase {
  std::string_view cause;
  std::string_view alone;  // Where no culprit is known.
  std::string_view with;   // The culprit comes behind it.
};

constexpr auto kPhrases = std::to_array<Phrase>({
    {"cpu", "use[s] the CPU", "use[s] the CPU: "},
    {"own_queue", "wait[s] for a CPU behind [its] own threads",
     "wait[s] for a CPU behind [its] own threads: "},
    {"neighbour", "wait[s] for a CPU behind others", "wait[s] for a CPU behind "},
    {"quota", "wait[s] for CPU quota", "wait[s] for the CPU quota of "},
    {"lock", "wait[s] for a lock", "wait[s] for "},
    {"dependency", "wait[s] for a peer", "wait[s] for "},
    {"handoff", "wait[s] for other threads of [its] process",
     "wait[s] for other threads of [its] process: "},
    {"one_at_a_time", "run[s] one thread at a time", "run[s] one thread at a time: "},
    {"storage", "wait[s] for storage", "wait[s] for storage: "},
    {"memory", "wait[s] for memory", "wait[s] for memory: "},
    {"event_loop", "block[s] [its] event loop", "block[s] [its] event loop: "},
    {"sleep", "sleep[s]", "sleep[s]: "},
    {"child", "wait[s] for a child process", "wait[s] for the child process "},
    {"ipc", "wait[s] for another process", "wait[s] for another process: "},
    {"deadlock", "wait[s] in a circle", "wait[s] in a circle: "},
    {"threads", "carry[s] more threads than CPUs can serve",
     "carry[s] more threads than CPUs can serve: "},
    {"frozen", "stay[s] frozen", "stay[s] frozen by "},
    {"stopped", "stay[s] stopped", "stay[s] stopped by "},
    {"idle", "rest[s]", "rest[s]: "},  // No cause: entries of pools at rest have it for one.
    {"unknown", "wait[s], nobody knows what for", "wait[s], nobody knows what for: "},
});

}  // namespace

std::string CauseWords(std::string_view cause, std::string_view culprit, bool several) {
  const auto phrase = std::ranges::find(kPhrases, cause, &Phrase::cause);
  if (phrase == kPhrases.end()) {
    return fmt::format("{}{}{}", cause, culprit.empty() ? "" : ": ", culprit);
  }
  const std::string words =
      absl::StrReplaceAll(std::string(culprit.empty() ? phrase->alone : phrase->with),
                          {{"carry[s]", several ? "carry" : "carries"},
                           {"[s]", several ? "" : "s"},
                           {"[its]", several ? "their" : "its"}});
  return words + std::string(culprit);
}

std::string TimeWords(double seconds) {
  struct Unit {
    double below;  // Seconds: the next unit begins there.
    double seconds;
    std::string_view name;
  };
  constexpr auto kUnits =
      std::to_array<Unit>({{.below = 1e-3, .seconds = 1e-6, .name = "us"},
                           {.below = 1, .seconds = 1e-3, .name = "ms"},
                           {.below = 120, .seconds = 1, .name = "s"},
                           {.below = 2.0 * 3600, .seconds = 60, .name = "min"},
                           {.below = 48.0 * 3600, .seconds = 3600, .name = "h"}});
  const auto unit =
      std::ranges::find_if(kUnits, [&](const Unit& one) { return seconds < one.below; });
  const Unit days{.below = 0, .seconds = 86400, .name = "days"};
  const Unit& chosen = unit == kUnits.end() ? days : *unit;
  const double number = seconds / chosen.seconds;
  // 1.9, 2, 19, 190.
  return number < 9.95 && chosen.seconds <= 1 && number != static_cast<int>(number)
             ? fmt::format("{:.2g} {}", number, chosen.name)
             : fmt::format("{:.0f} {}", number, chosen.name);
}

std::string Counted(unsigned long number, std::string_view one) {
  return fmt::format("{} {}{}", number, one, number == 1 ? "" : "s");
}

std::string Percent(double share) {
  return share > 0 && share < 0.005 ? "<1 %" : fmt::format("{:.0f} %", share * 100);
}

}  // namespace loadline::cli
