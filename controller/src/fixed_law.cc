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
  explicit FixedLaw(double limit) : decision_{.limit = limit, .reason = Reason::kFixed} {}

  Decision OnTick(const Window&) override { return decision_; }
  Decision decision() const override { return decision_; }
  std::string_view name() const override { return "fixed"; }

 private:
  const Decision decision_;
};

}  // namespace

std::span<const OptionSpec<FixedOptions>> FixedOptionSpecs() { return kSpecs; }

absl::StatusOr<std::unique_ptr<ControlLaw>> MakeFixedLaw(const FixedOptions& options) {
  const absl::Status status = CheckOptions<FixedOptions>("fixed", kSpecs, options);
  if (!status.ok()) {
    return status;
  }
  return std::make_unique<FixedLaw>(options.limit);
}

}  // namespace loadline::control
