// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>

#include "loadline/control/option.h"

namespace loadline::control {

// Options of the law `kernel`. An option is a member with its default, and a row with its range and
// the reason for the default; nothing else about it is written by hand. MakeLaw(), the SDK's
// law_options, `loadline simulate`, docs/control.md and the tests go by the rows; the law and its
// parts read the members.
struct KernelOptions {
  double limit_min = 2;
  double limit_max = 1000;
  double limit_initial = 20;
  double tolerance = 1.1;
  double smoothing = 0.2;
  double delay_damping = 2;
  double gradient_min = 0.5;
  double gradient_max = 1.1;
  double deadline_share = 0.9;
  double freeze_ms = 20;
  double own_max = 0.08;
  double reference_slack = 1.15;
  double doubling_max = 1;
  double ramp_cpu_max = 0.5;
  double ramp_fold_max = 4;
  double late_share = 0.9;
  double late_runs = 4;
  double departure_gap = 0.2;
  double departure_fill = 0.7;
  double trial_places = 64;
  double probe_up = 1.3;
  double probe_down = 0.75;
  double probe_hold = 6;
  double probe_settle = 1;

  static constexpr auto Specs() {
    using O = KernelOptions;
    return std::to_array<OptionSpec<O>>({
        {"limit_min", &O::limit_min, kLimitLeast, kLimitMost,
         "below 2 a single slow request closes the door"},
        {"limit_max", &O::limit_max, kLimitLeast, kLimitMost,
         "memory: what that many requests hold at once"},
        {"limit_initial", &O::limit_initial, kLimitLeast, kLimitMost,
         "serves most services; doubles per residence"},
        {"tolerance", &O::tolerance, 1, 3, "10 % of the knee may queue: less loses throughput"},
        {"smoothing", &O::smoothing, 0.01, 1, "weight of a window: five windows to follow"},
        {"delay_damping", &O::delay_damping, 0, 20,
         "a signal a second late moves the limit a third"},
        {"gradient_min", &O::gradient_min, 0.1, 1, "a window halves the target at most"},
        {"gradient_max", &O::gradient_max, 1, 2, "growth by 2 % per window while nobody queues"},
        {"deadline_share", &O::deadline_share, 0.1, 10,
         "part of the deadline that the own queue may lead to"},
        {"freeze_ms", &O::freeze_ms, 0, 10000,
         "frozen by a quota for longer, a request waits in a queue of ours"},
        {"own_max", &O::own_max, 0.01, 0.5, "own queue above which a dependency is not to blame"},
        {"reference_slack", &O::reference_slack, 1, 3,
         "R0 may rise this much while we push, as noise"},
        {"doubling_max", &O::doubling_max, 0, 1,
         "log2 of the growth of one window, at most one per residence"},
        {"ramp_cpu_max", &O::ramp_cpu_max, 0, 1,
         "part of the CPUs in use that a fast ramp may lead to; 0: none"},
        {"ramp_fold_max", &O::ramp_fold_max, 1, 100,
         "of the limit, per tick of a fast ramp: less costs points in a cold start, more gains "
         "one"},
        {"late_share", &O::late_share, 0.5, 0.99, "part that is late when work is doomed"},
        {"late_runs", &O::late_runs, 2, 1000, "late in a row before anything is believed"},
        {"departure_gap", &O::departure_gap, 0.01, 1,
         "throughput below that part of the usual is a gap: calls became slow, nothing is full"},
        {"departure_fill", &O::departure_fill, 0, 1,
         "part of the deadline that may pass in a queue downstream; 0: lateness alone shows it"},
        {"trial_places", &O::trial_places, 4, 1e5, "trials that may hang beside what hung before"},
        {"probe_up", &O::probe_up, 1.05, 2, "limit tried upward against a full dependency"},
        {"probe_down", &O::probe_down, 0.3, 0.95, "limit tried downward"},
        {"probe_hold", &O::probe_hold, 1, 100, "epochs between tries once the limit is found"},
        {"probe_settle", &O::probe_settle, 0, 4,
         "residences until throughput tells of a new limit"},
    });
  }
};
static_assert(SpecsAreWhole<KernelOptions>());

}  // namespace loadline::control
