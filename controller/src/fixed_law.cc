// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/fixed_law.h"

namespace loadline::control {
namespace {

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

absl::StatusOr<std::unique_ptr<ControlLaw>> MakeFixedLaw(const FixedOptions& options) {
  if (absl::Status status = CheckOptions("fixed", options); !status.ok()) {
    return status;
  }
  return std::make_unique<FixedLaw>("fixed", options.limit);
}

absl::StatusOr<std::unique_ptr<ControlLaw>> MakeNoneLaw(const NoneOptions&) {
  return std::make_unique<FixedLaw>("none", 1e9);
}

}  // namespace loadline::control
