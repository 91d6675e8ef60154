// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/law_factory.h"

#include <algorithm>
#include <array>
#include <string>

#include "loadline/control/aimd_law.h"
#include "loadline/control/fixed_law.h"
#include "loadline/control/gradient2_law.h"
#include "loadline/control/kernel_law.h"
#include "loadline/control/vegas_law.h"
#include "text.h"

namespace loadline::control {
namespace {

using MadeLaw = absl::StatusOr<std::unique_ptr<ControlLaw>>;

template <typename Options>
MadeLaw Make(std::string_view name, MadeLaw (*make)(const Options&), const OptionMap& values) {
  Options options;
  if (absl::Status status = SetOptions(name, values, options); !status.ok()) {
    return status;
  }
  if constexpr (requires { options.limit_initial; }) {
    if (!values.contains("limit_initial") && options.limit_min <= options.limit_max) {
      // Whoever narrows the bounds need not know where the law starts.
      options.limit_initial =
          std::clamp(options.limit_initial, options.limit_min, options.limit_max);
    }
  }
  return make(options);
}

template <typename Options>
std::vector<OptionInfo> Describe() {
  std::vector<OptionInfo> infos;
  const Options defaults{};
  for (const OptionSpec<Options>& spec : Options::Specs()) {
    infos.push_back({.name = spec.name,
                     .min = spec.min,
                     .max = spec.max,
                     .initial = defaults.*spec.member,
                     .why = spec.why});
  }
  return infos;
}

struct Entry {
  std::string_view name;
  MadeLaw (*make)(std::string_view law, const OptionMap& options);
  std::vector<OptionInfo> (*describe)();
};

template <typename Options, MadeLaw (*make)(const Options&)>
constexpr Entry Of(std::string_view name) {
  return {.name = name,
          .make = [](std::string_view law, const OptionMap& o) { return Make(law, make, o); },
          .describe = [] { return Describe<Options>(); }};
}

constexpr std::array<Entry, 6> kLaws = {{
    Of<KernelOptions, MakeKernelLaw>("kernel"),
    Of<Gradient2Options, MakeGradient2Law>("gradient2"),
    Of<VegasOptions, MakeVegasLaw>("vegas"),
    Of<AimdOptions, MakeAimdLaw>("aimd"),
    Of<FixedOptions, MakeFixedLaw>("fixed"),
    Of<NoneOptions, MakeNoneLaw>("none"),
}};

constexpr auto kNames = [] {
  std::array<std::string_view, kLaws.size()> names;
  for (std::size_t i = 0; i < names.size(); ++i) {
    names[i] = kLaws[i].name;
  }
  return names;
}();

}  // namespace

MadeLaw MakeLaw(std::string_view name, const OptionMap& options) {
  for (const Entry& law : kLaws) {
    if (law.name == name) {
      return law.make(law.name, options);
    }
  }
  std::string known;
  for (const std::string_view other : kNames) {
    known += (known.empty() ? "" : ", ") + std::string(other);
  }
  return absl::InvalidArgumentError(Text("no law ", name, ", must be one of: ", known));
}

std::span<const std::string_view> LawNames() { return kNames; }

std::vector<OptionInfo> LawOptions(std::string_view name) {
  for (const Entry& law : kLaws) {
    if (law.name == name) {
      return law.describe();
    }
  }
  return {};
}

}  // namespace loadline::control
