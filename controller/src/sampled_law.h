// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>

#include "loadline/control/control_law.h"
#include "sample_window.h"

namespace loadline::control {

// A law that knows nothing but latency and judges once per SampleWindow.
class SampledLaw : public ControlLaw {
 public:
  Decision OnTick(const Window& tick) final {
    if (const std::optional<Sampled> seen = window_.Add(tick)) {
      Judge(*seen);
    }
    return decision_;
  }
  Decision decision() const final { return decision_; }

 protected:
  SampledLaw(double window_ms, double samples_min, double limit_initial)
      : decision_{.limit = limit_initial}, window_(window_ms / 1000, samples_min) {}

  virtual void Judge(const Sampled& seen) = 0;

  Decision decision_;

 private:
  SampleWindow window_;
};

}  // namespace loadline::control
