// SPDX-License-Identifier: Apache-2.0
// Every law, under windows from plausible to impossible: it keeps its bounds, equal windows give
// equal decisions, and law `kernel` finds its way back as soon as windows make sense again.
#include <cmath>
#include <memory>
#include <string>
#include <utility>

#include "bytes.h"
#include "check.h"
#include "loadline/control/law_factory.h"
#include "service.h"
#include "targets.h"

namespace loadline::fuzz {
namespace {

using control::ControlLaw;
using control::OptionMap;
using control::Window;

OptionMap AnyOptions(std::string_view law, Bytes& bytes) {
  OptionMap options;
  for (const control::OptionInfo& info : control::LawOptions(law)) {
    switch (bytes.Below(8)) {
      case 0:
        options[std::string(info.name)] = bytes.Between(info.min, std::min(info.max, 10000.0));
        break;
      case 1:
        options[std::string(info.name)] = bytes.Flag() ? info.min : info.max;
        break;
      case 2:
        if (bytes.Below(16) == 0) {
          options[std::string(info.name)] = bytes.Real();
        }
        break;
      default:
        break;
    }
  }
  return options;
}

double OptionOf(std::string_view law, const OptionMap& options, std::string_view name,
                double otherwise) {
  if (const auto given = options.find(name); given != options.end()) {
    return given->second;
  }
  for (const control::OptionInfo& info : control::LawOptions(law)) {
    if (info.name == name) {
      return info.initial;
    }
  }
  return otherwise;
}

struct Bounds {
  double min, max;
};
Bounds BoundsOf(std::string_view law, const OptionMap& options) {
  if (law == "fixed") {
    const double limit = OptionOf(law, options, "limit", 0);
    return {limit, limit};
  }
  return {OptionOf(law, options, "limit_min", 1), OptionOf(law, options, "limit_max", 1e9)};
}

Window Spoil(Window w, Bytes& bytes) {
  for (int fields = 1 + static_cast<int>(bytes.Below(4)); fields > 0; --fields) {
    switch (bytes.Below(18)) {
      case 0: {
        // Clocks jump, forward and back, by up to hours; or to the end of time.
        const Clock::Duration jump = bytes.Duration() % std::chrono::hours{3};
        w.now = bytes.Below(8) == 0 ? Clock::Time{bytes.Duration()} : Later(w.now, jump);
        break;
      }
      case 1:
        w.span = bytes.Duration();
        break;
      case 2:
        w.deadline = bytes.Duration();
        break;
      case 3:
        w.arrivals = bytes.Integer();
        break;
      case 4:
        w.rejected = bytes.Integer();
        break;
      case 5:
        w.completed = bytes.Integer();
        break;
      case 6:
        w.late = bytes.Integer();
        break;
      case 7:
        w.dropped = bytes.Integer();
        break;
      case 8:
        w.latency_sum = bytes.Duration();
        break;
      case 9:
        w.in_flight = bytes.Small();
        break;
      case 10:
        w.in_flight_max = bytes.Small();
        break;
      case 11:
        w.queued = bytes.Small();
        break;
      case 12:
        w.pending_late = bytes.Small();
        break;
      case 13:
        w.signal = AnySignal(bytes);
        break;
      case 14:
        w.signal_requests = bytes.Integer();
        break;
      case 15:
        w.cpus = bytes.Real();
        break;
      case 16:  // An empty window.
        w.arrivals = w.rejected = w.completed = w.late = w.dropped = 0;
        w.latency_sum = {};
        break;
      default:
        if (w.signal) {
          w.signal->taken_at =
              Later(w.signal->taken_at, bytes.Duration() % std::chrono::seconds{10});
        }
        break;
    }
  }
  return w;
}

void Check(const ControlLaw& law, const control::Decision& d, const Bounds& bounds) {
  const std::string name(law.name());
  LOADLINE_HOLDS(d.limit >= bounds.min && d.limit <= bounds.max, "%s: %g not in [%g, %g]",
                 name.c_str(), d.limit, bounds.min, bounds.max);
  LOADLINE_HOLDS(d == law.decision(), "%s", name.c_str());
  LOADLINE_HOLDS(static_cast<std::size_t>(d.reason) < control::kReasonNames.size(), "%s",
                 name.c_str());
  LOADLINE_HOLDS(static_cast<std::size_t>(d.bottleneck) < control::kBottleneckNames.size(), "%s",
                 name.c_str());
  LOADLINE_HOLDS(d.modifier == control::Bottleneck::kHealthy ||
                     d.modifier == control::Bottleneck::kThrottled ||
                     d.modifier == control::Bottleneck::kNeighbour,
                 "%s", name.c_str());
  const control::LawState s = law.state();
  for (const double value : {s.residence, s.no_load, s.rate, s.limit_own, s.limit_dependency}) {
    LOADLINE_HOLDS(std::isfinite(value) && value >= 0, "%s: %g", name.c_str(), value);
  }
  LOADLINE_HOLDS(s.own >= 0 && s.own <= 1, "%s: own %g", name.c_str(), s.own);
  LOADLINE_HOLDS(s.cpu_share > 0 && s.cpu_share <= 1, "%s: f %g", name.c_str(), s.cpu_share);
  LOADLINE_HOLDS(s.confidence >= 0 && s.confidence <= 1, "%s: %g", name.c_str(), s.confidence);
}

// What docs/control.md says of law `kernel`, whatever came before: half a minute of sense is
// enough. At half load nobody is refused; at twice the capacity the limit stays near the knee.
void CheckRecovery(ControlLaw& law, Clock::Time now) {
  Service service;
  service.now = now;
  service.arrivals_per_s = 500;
  for (int tick = 0; tick < 600; ++tick) {
    law.OnTick(service.Next(law.decision().limit));
    LOADLINE_HOLDS(tick < 500 || law.decision().limit >= 20, "tick %d: limit %g for 20 in flight",
                   tick, law.decision().limit);
  }
  service.arrivals_per_s = 2000;
  for (int tick = 0; tick < 600; ++tick) {
    const double limit = law.OnTick(service.Next(law.decision().limit)).limit;
    LOADLINE_HOLDS(tick < 500 || (limit > 0.8 * service.Knee() && limit < 2 * service.Knee()),
                   "tick %d: limit %g at a knee of %g", tick, limit, service.Knee());
  }
}

}  // namespace

void FuzzLaw(Bytes& bytes) {
  const std::string name(control::LawNames()[bytes.Below(control::LawNames().size())]);
  const std::uint8_t start = bytes.Byte();
  const bool defaults = start % 2 != 0;
  const OptionMap options = defaults ? OptionMap{} : AnyOptions(name, bytes);
  auto made = control::MakeLaw(name, options);
  if (!made.ok()) {
    LOADLINE_HOLDS(!defaults && made.status().message().find(name) == 0, "%s",
                   std::string(made.status().message()).c_str());
    return;
  }
  const std::unique_ptr<ControlLaw> law = *std::move(made);
  const std::unique_ptr<ControlLaw> twin = *control::MakeLaw(name, options);
  const Bounds bounds = BoundsOf(name, options);
  Service service;
  Clock::Time last = service.now;
  while (!bytes.empty()) {
    const std::uint8_t what = bytes.Byte();
    if (what % 4 == 0) {
      service.Change(bytes);
    }
    for (int ticks = 1 + (what >> 3); ticks > 0; --ticks) {
      Window w = service.Next(law->decision().limit);
      w = what % 4 == 1 ? Spoil(w, bytes) : w;
      last = std::max(last, std::min(w.now, Clock::Time{std::chrono::hours{24 * 365}}));
      const control::Decision decision = law->OnTick(w);
      Check(*law, decision, bounds);
      LOADLINE_HOLDS(decision == twin->OnTick(w), "%s decides differently", name.c_str());
    }
  }
  if (name == "kernel" && defaults &&
      start % 16 == 1) {  // Not always: it takes as long as the rest.
    CheckRecovery(*law, last);
  }
}

}  // namespace loadline::fuzz
