// SPDX-License-Identifier: Apache-2.0
#include "agent/simulate/why.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "agent/simulate/format.h"
#include "loadline/control/control_law.h"
#include "loadline/sim/time.h"

namespace loadline::cli {
namespace {

using sim::Recording;

std::string Asked(const control::Binding& binding) {
  const bool open = binding.ceiling == std::numeric_limits<double>::infinity();
  if (binding.floor == binding.ceiling) {
    return ThreeDigits(binding.floor);
  }
  return absl::StrCat(binding.floor > 0 ? ThreeDigits(binding.floor) : "", "..",
                      open ? "" : ThreeDigits(binding.ceiling));
}

void AddTick(const Recording::Tick& tick, const std::string& law, std::string& text) {
  const control::Binding& binding = tick.binding;
  absl::StrAppend(&text, Format("%.1f", static_cast<double>(tick.at) / sim::kSecond), "\t", law,
                  "\t", ThreeDigits(tick.limit), "\t", tick.in_flight, "\t", tick.queued, "\t",
                  tick.arrivals, "\t", tick.completed, "\t",
                  std::string(control::Name(tick.reason)), "\t");
  if (binding.rule.empty()) {
    text += "-\t-\t-\n";
    return;
  }
  absl::StrAppend(&text, std::string(binding.rule), "\t", Asked(binding), "\t",
                  binding.evidence.name.empty()
                      ? std::string("-")
                      : absl::StrCat(std::string(binding.evidence.name), "=",
                                     ThreeDigits(binding.evidence.value)),
                  "\n");
}

}  // namespace

std::string Why(const Experiment& experiment) {
  std::string text =
      "time_s\tlaw\tlimit\tin_flight\tqueued\tarrivals\tcompleted\treason\trule\tasked\tevidence\n";
  for (std::size_t law = 0; law < experiment.laws.size(); ++law) {
    const std::string name = experiment.laws[law].Label();
    const Recording recording = PlayOne(experiment, 0, experiment.seeds.front(), law, false);
    for (const Recording::Tick& tick : recording.ticks) {
      AddTick(tick, name, text);
    }
  }
  return text;
}

}  // namespace loadline::cli
