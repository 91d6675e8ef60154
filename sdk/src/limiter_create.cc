// SPDX-License-Identifier: Apache-2.0
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "loadline/control/law_factory.h"
#include "loadline/detail/environment.h"
#include "loadline/limiter.h"
#include "sdk/src/limiter_options.h"

namespace loadline {

absl::StatusOr<std::unique_ptr<Limiter>> Limiter::Create(const LimiterOptions& options) {
  if (absl::Status status = Validate(options); !status.ok()) {
    return status;
  }
  control::OptionMap law_options = options.law_options;
  // A limit that cannot move has one number; the other laws take all three.
  if (options.law == "fixed") {
    law_options.try_emplace("limit", InitialLimit(options));
  } else {
    law_options.try_emplace("limit_min", options.limit_min);
    law_options.try_emplace("limit_max", options.limit_max);
    if (options.limit_initial) {  // Else the law knows.
      law_options.try_emplace("limit_initial", *options.limit_initial);
    }
  }
  absl::StatusOr<std::unique_ptr<control::ControlLaw>> law =
      control::MakeLaw(options.law, law_options);
  if (!law.ok()) {
    return absl::Status(law.status().code(),
                        absl::StrCat("limiter \"", options.name, "\": ", law.status().message()));
  }
  return Create(options, *std::move(law));
}

absl::StatusOr<std::unique_ptr<Limiter>> Limiter::Create(const LimiterOptions& options,
                                                         std::unique_ptr<control::ControlLaw> law) {
  if (absl::Status status = Validate(options); !status.ok()) {
    return status;
  }
  const absl::StatusOr<std::optional<Mode>> mode = detail::ModeFromEnvironment();
  if (!mode.ok()) {
    return mode.status();
  }
  return std::unique_ptr<Limiter>(
      new Limiter(options, std::move(law), mode->value_or(options.mode)));
}

}  // namespace loadline
