// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/fixed_law.h"

#include <array>

namespace loadline::control {
namespace {

constexpr std::array<OptionSpec<FixedOptions>, 1> kSpecs = {{
    {"limit", &FixedOptions::limit, 1, 1e6, "a guess: whoever takes this law knows a better one"},
}};

class FixedLaw final : public ControlLaw {
 public:
  FixedLaw(std::string_view name, double limit)
      : name_(name), decision_{.limit = limit, .reason = Reason::kFixed} {}

  Decision OnTick(const Window&) override { return decision_; }
  Decision decision() const override { return decision_; }
  std::string_view name() const override { return name_; }

 private:
  const std::string_view name_;
  const Decision decision_;
};

}  // namespace

std::span<const OptionSpec<FixedOptions>> FixedOptionSpecs() { return kSpecs; }

absl::StatusOr<std::unique_ptr<ControlLaw>> MakeFixedLaw(const FixedOptions& options) {
  const absl::Status status = CheckOptions<FixedOptions>("fixed", kSpecs, options);
  if (!status.ok()) {
    return status;
  }
  return std::make_unique<FixedLaw>("fixed", options.limit);
}

std::span<const OptionSpec<NoneOptions>> NoneOptionSpecs() { return {}; }

absl::StatusOr<std::unique_ptr<ControlLaw>> MakeNoneLaw(const NoneOptions&) {
  return std::make_unique<FixedLaw>("none", 1e9);
}

}  // namespace loadline::control
