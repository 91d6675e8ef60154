// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "loadline/control/control_law.h"
#include "loadline/control/kernel_options.h"

namespace loadline::control {

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
// to offered * gap.
//
// Two things are invisible to that and have their own rule: a dependency that we saturate ourselves
// (ThroughputProbe: does throughput follow the limit?) and requests that are doomed (OverloadBrake:
// almost nothing answers in time).
//
// Each rule proposes bounds, by what was observed and what it remembers; one arbiter decides, in a
// written order. LawState::binding says which rule a limit is due to.
//
// The price: with neither own queue nor rejections the limit rests where it was, at up to twice
// what is in use; and the throughput probe costs up to 5 % of throughput while a dependency is
// full.
//
// Source: ours, docs/adr/0003-measured-baseline.md, 0010 and 0014. The gradient's form is Netflix
// Gradient2's.
absl::StatusOr<std::unique_ptr<ControlLaw>> MakeKernelLaw(const KernelOptions& options = {});

// A rule of law `kernel`, in words.
struct RuleRow {
  std::string_view name;  // As in Binding::rule.
  std::string_view when;
  std::string_view does;
};

// All of them, the weakest first: a later one has the last word.
std::span<const RuleRow> KernelRules();

}  // namespace loadline::control
