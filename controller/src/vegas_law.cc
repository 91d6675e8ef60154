// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/vegas_law.h"

#include <algorithm>
#include <cmath>

#include "checked_law.h"
#include "loadline/random.h"
#include "sampled_law.h"

namespace loadline::control {
namespace {

double Log10Floor(double limit) {  // max(1, floor(log10 limit)), without a logarithm.
  double lg = 0;
  double power = 10;  // Exact: limit_max is at most 1e6.
  while (power <= limit) {
    lg += 1;
    power *= 10;
  }
  return std::max(1.0, lg);
}

class VegasLaw final : public SampledLaw {
 public:
  explicit VegasLaw(const VegasOptions& options)
      : SampledLaw(options.window_ms, options.samples_min, options.limit_initial),
        options_(options),
        random_(static_cast<std::uint64_t>(options.seed)),
        jitter_(Jitter()) {}

  std::string_view name() const override { return "vegas"; }

 private:
  double Jitter() { return 0.5 + 0.5 * random_.Uniform(); }

  void Judge(const Sampled& seen) override {
    probes_ += 1;
    if (jitter_ * options_.probe_multiplier * decision_.limit <= probes_) {
      jitter_ = Jitter();
      probes_ = 0;
      least_ = seen.rtt;
      decision_.reason = Reason::kProbe;
      return;
    }
    if (least_ == 0 || seen.rtt < least_) {
      least_ = seen.rtt;
      return;
    }
    Move(seen);
    decision_.limit = std::clamp(decision_.limit, options_.limit_min, options_.limit_max);
  }

  void Move(const Sampled& seen) {
    double& limit = decision_.limit;
    const double lg = Log10Floor(limit);
    const double queue = std::ceil(limit * (1 - least_ / seen.rtt));
    if (seen.dropped) {
      limit -= lg;
      decision_.reason = Reason::kDropped;
    } else if (2 * seen.in_flight_max < limit) {
      decision_.reason = Reason::kAppLimited;
    } else if (queue <= lg) {
      limit += 6 * lg;
      decision_.reason = Reason::kHealthy;
    } else if (queue < 3 * lg) {
      limit += lg;
      decision_.reason = Reason::kHealthy;
    } else if (queue > 6 * lg) {
      limit -= lg;
      decision_.reason = Reason::kSlow;
    }
  }

  const VegasOptions options_;
  Random random_;
  double jitter_;
  double probes_ = 0;
  double least_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ControlLaw>> MakeVegasLaw(const VegasOptions& options) {
  return MakeChecked<VegasLaw>("vegas", options);
}

}  // namespace loadline::control
