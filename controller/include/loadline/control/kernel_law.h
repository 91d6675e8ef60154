// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>

#include "absl/status/statusor.h"
#include "loadline/control/control_law.h"
#include "loadline/control/option.h"

namespace loadline::control {

// Options of the law `kernel`. Ranges and reasons stand in KernelOptionSpecs() and in
// docs/control.md.
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
  double anchor_slack = 1.15;
  double doubling_max = 1;
  double rush_cpu_max = 0.5;
  double late_share = 0.9;
  double late_runs = 4;
  double outflow_gap = 0.2;
  double outflow_fill = 0.7;
  double hung_places = 64;
  double probe_up = 1.3;
  double probe_down = 0.75;
  double probe_hold = 6;
  double probe_settle = 1;
};

std::span<const OptionSpec<KernelOptions>> KernelOptionSpecs();

// Keeps as many requests in flight as keep the CPUs busy, and queues no more.
//
// The kernel says how long requests waited for our own CPU time and for locks. What is left of the
// latency is what a request would take without load, measured in every window: no baseline that has
// to be probed, none that drifts. A slower dependency raises it, and the limit with it; a longer
// queue of our own does not. Per closed window (20 completions, or 4 and a second):
//
//     R0 = R - (own run-queue wait + lock wait)         residence without load
//     L  = 0.8 L + 0.2 (L * clamp(1.1 R0 / R) + sqrt L) the gradient, on the measured R0
//        aiming at no more than answers within deadline_share of the deadline
//     L  doubles per residence while the limit binds and R0 stays where it was before we pushed
//
// Where demand jumps, that would take many residences: then the limit grows per tick by what brings
// the CPUs to half use, fourfold at most, up to what the offered rate needs (offered * R0). Where
// nothing comes out although it should, calls became slower by as long as that lasts: then it grows
// to offered * silence.
//
// Two things are invisible to that and have their own rule: a dependency that we saturate ourselves
// (ThroughputProbe: does throughput follow the limit?) and requests that are doomed (Lateness:
// almost nothing answers in time).
//
// The price: with neither own queue nor rejections the limit rests where it was, at up to twice
// what is in use; and the throughput probe costs up to 5 % of throughput while a dependency is
// full.
//
// Source: ours, docs/adr/0003-measured-baseline.md, 0010 and 0014. The gradient's form is Netflix
// Gradient2's.
absl::StatusOr<std::unique_ptr<ControlLaw>> MakeKernelLaw(const KernelOptions& options = {});

}  // namespace loadline::control
