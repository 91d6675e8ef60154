// SPDX-License-Identifier: Apache-2.0
#include "arrival_source.h"

#include <algorithm>

#include "real_math.h"

namespace loadline::sim {
namespace {

constexpr Ns kSinusStep = 20 * kMillisecond;

}  // namespace

// ON and OFF by turns, for times that are exponential or Pareto.
Schedule::Step ArrivalSource::SwitchedRateAt(Ns time) {
  while (time >= state_until_) {
    on_ = !on_;
    const Distribution length{.kind = arrivals_.kind == Arrivals::Kind::kOnOff
                                          ? Distribution::Kind::kPareto
                                          : Distribution::Kind::kExponential,
                              .mean = static_cast<double>(on_ ? arrivals_.on : arrivals_.off),
                              .shape = arrivals_.alpha};
    state_until_ += std::max<Ns>(1, length.Sample(states_));
  }
  return {.value = on_ ? arrivals_.rate_on : arrivals_.rate_off, .until = state_until_};
}

Schedule::Step ArrivalSource::RateAt(Ns time) {
  switch (arrivals_.kind) {
    case Arrivals::Kind::kSquare: {
      const Ns start = time - time % arrivals_.period;
      const bool on = time - start < arrivals_.on;
      return {.value = on ? arrivals_.rate_on : arrivals_.rate_off,
              .until = start + (on ? arrivals_.on : arrivals_.period)};
    }
    case Arrivals::Kind::kSinus: {
      constexpr double kTurn = 6.283185307179586;
      const double phase =
          static_cast<double>(time % arrivals_.period) / static_cast<double>(arrivals_.period);
      return {.value = arrivals_.rate.At(time) * (1 + arrivals_.amplitude * Sin(kTurn * phase)),
              .until = time + kSinusStep};
    }
    case Arrivals::Kind::kOnOff:
    case Arrivals::Kind::kMmpp:
      return SwitchedRateAt(time);
    case Arrivals::Kind::kPoisson:
    case Arrivals::Kind::kConstant:
    case Arrivals::Kind::kClosed:
    case Arrivals::Kind::kTrace:
      break;
  }
  return arrivals_.rate.StepAt(time);
}

Ns ArrivalSource::Next() {
  if (arrivals_.kind == Arrivals::Kind::kTrace) {
    return trace_next_ < arrivals_.trace.size() ? arrivals_.trace[trace_next_++] : kNever;
  }
  if (arrivals_.kind == Arrivals::Kind::kClosed) {
    return kNever;
  }
  // The integral of the rate up to the next arrival is exponential with mean 1, whatever the rate.
  double left = arrivals_.kind == Arrivals::Kind::kConstant ? 1 : -Log(gaps_.Uniform());
  for (;;) {
    const Schedule::Step step = RateAt(now_);
    const double per_ns =
        std::max(0.0, step.value) / arrivals_.batch / static_cast<double>(kSecond);
    if (step.until == kNever) {
      if (!(per_ns > 0)) {
        return kNever;
      }
      return now_ += static_cast<Ns>(left / per_ns);
    }
    const auto span = static_cast<double>(step.until - now_);
    if (per_ns * span >= left) {
      return now_ += static_cast<Ns>(left / per_ns);
    }
    left -= per_ns * span;
    now_ = step.until;
  }
}

}  // namespace loadline::sim
