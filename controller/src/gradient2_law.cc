// SPDX-License-Identifier: Apache-2.0
#include "loadline/control/gradient2_law.h"

#include <algorithm>
#include <cmath>

#include "checked_law.h"
#include "sampled_law.h"

namespace loadline::control {
namespace {

constexpr double kWarmup = 10;  // Windows, as there.

class Gradient2Law final : public SampledLaw {
 public:
  explicit Gradient2Law(const Gradient2Options& options)
      : SampledLaw(options.window_ms, options.samples_min, options.limit_initial),
        options_(options) {}

  std::string_view name() const override { return "gradient2"; }

 private:
  double LongRtt(double rtt) {
    if (windows_ < kWarmup) {
      windows_ += 1;
      sum_ += rtt;
      long_ = sum_ / windows_;
    } else {
      long_ += (rtt - long_) * 2 / (options_.long_window + 1);
    }
    return long_;
  }

  void Judge(const Sampled& seen) override {
    const double average = LongRtt(seen.rtt);
    if (average / seen.rtt > 2) {
      long_ *= 0.95;  // The load is gone; the average is still high.
    }
    const double limit = decision_.limit;
    if (seen.in_flight_max < limit / 2) {
      decision_.reason = Reason::kAppLimited;
      return;
    }
    const double gradient = std::clamp(options_.tolerance * average / seen.rtt, 0.5, 1.0);
    const double next = (1 - options_.smoothing) * limit +
                        options_.smoothing * (limit * gradient + options_.queue_size);
    decision_.limit = std::clamp(next, options_.limit_min, options_.limit_max);
    decision_.reason = gradient < 1                            ? Reason::kSlow
                       : decision_.limit >= options_.limit_max ? Reason::kCap
                                                               : Reason::kHealthy;
  }

  const Gradient2Options options_;
  double windows_ = 0;
  double sum_ = 0;
  double long_ = 0;
};

}  // namespace

absl::StatusOr<std::unique_ptr<ControlLaw>> MakeGradient2Law(const Gradient2Options& options) {
  return MakeChecked<Gradient2Law>("gradient2", options);
}

}  // namespace loadline::control
