// SPDX-License-Identifier: Apache-2.0
// What stands in front of a limit: the burst queue, and the shedder with tenants' shares.
#include <algorithm>
#include <cmath>
#include <memory>

#include "bytes.h"
#include "check.h"
#include "loadline/control/burst_queue.h"
#include "loadline/control/law_factory.h"
#include "loadline/control/priority.h"
#include "loadline/control/shedder.h"
#include "loadline/control/tenant_shares.h"
#include "service.h"
#include "targets.h"

namespace loadline::fuzz {
namespace {

using control::BurstQueue;
using control::Shedder;
using std::chrono_literals::operator""ms;

void CheckQueue(const BurstQueue& queue, bool defaults, Bytes& bytes) {
  const Clock::Duration deadline = bytes.Duration();
  const Clock::Duration bound = queue.Bound(deadline);
  LOADLINE_HOLDS(bound >= 0ms && bound <= std::max(deadline, Clock::Duration{}), "%lld ns of %lld",
                 static_cast<long long>(bound.count()), static_cast<long long>(deadline.count()));
  const int ahead = bytes.Small();
  const int more = std::max(ahead, bytes.Small());
  LOADLINE_HOLDS(queue.ExpectedWait(ahead) >= 0ms, "ahead %d", ahead);
  LOADLINE_HOLDS(queue.ExpectedWait(ahead) <= queue.ExpectedWait(more), "%d, %d", ahead, more);
  LOADLINE_HOLDS(!queue.MayQueue(more, deadline) || queue.MayQueue(ahead, deadline), "%d, %d",
                 ahead, more);
  const Clock::Duration sojourn = bytes.Duration();
  LOADLINE_HOLDS(queue.StillWorthIt(0ms, deadline), "who did not wait is dropped");
  LOADLINE_HOLDS(!defaults || !queue.StillWorthIt(std::max(sojourn, deadline), deadline) ||
                     deadline < 11ms || sojourn < deadline,
                 "a request past its deadline is served");
}

}  // namespace

void FuzzBurstQueue(Bytes& bytes) {
  control::BurstQueueOptions options;
  const bool defaults = bytes.Below(4) != 0;
  if (!defaults) {
    for (const auto& spec : control::BurstQueueOptions::Specs()) {
      options.*spec.member = bytes.Flag() ? bytes.Real() : bytes.Between(spec.min, spec.max);
    }
  }
  auto queue = BurstQueue::Create(options);
  if (!queue.ok()) {
    return;
  }
  const auto law =
      control::MakeLaw(control::LawNames()[bytes.Below(control::LawNames().size())]).value();
  Service service;
  while (!bytes.empty()) {
    const std::uint8_t what = bytes.Byte();
    if (what % 4 == 0) {
      service.Change(bytes);
    }
    control::Window w = service.Next(law->decision().limit);
    if (what % 4 == 1) {
      w.now = Clock::Time{bytes.Duration()};
      w.span = bytes.Duration();
      w.completed = bytes.Integer();
      w.latency_sum = bytes.Duration();
      w.queued = bytes.Small();
    }
    law->OnTick(w);
    queue->OnTick(w, *law);
    queue->Note(w.now, bytes.Flag());
    CheckQueue(*queue, defaults, bytes);
  }
  // A queue that nobody stands in is not a standing one, whatever the clock did before.
  if (options.clear_after_ms <= 250) {
    for (int i = 0; i < 4; ++i) {
      queue->Note(service.now += 100ms, false);
    }
    LOADLINE_HOLDS(!queue->standing(), "after 400 ms without anybody");
  }
}

void FuzzShedder(Bytes& bytes) {
  control::ShedderOptions options;
  if (bytes.Below(4) == 0) {
    for (const auto& spec : control::ShedderOptions::Specs()) {
      options.*spec.member = bytes.Flag() ? bytes.Real() : bytes.Between(spec.min, spec.max);
    }
  }
  auto made = Shedder::Create(options);
  if (!made.ok()) {
    return;
  }
  Shedder& shedder = *made;
  const auto twin = std::make_unique<Shedder>(shedder);
  control::TenantShares shares;
  while (!bytes.empty()) {
    if (bytes.Below(8) == 0) {
      const Shedder::Tick tick = {.span = bytes.Duration(),
                                  .capacity = bytes.Real() * 1000,
                                  .offered = bytes.Real() * 1000,
                                  .sojourn = bytes.Duration(),
                                  .bound = bytes.Duration(),
                                  .limited = bytes.Flag()};
      shedder.OnTick(tick);
      twin->OnTick(tick);
      shares.OnTick(tick.span);
      const double shed = shedder.shed_fraction();
      LOADLINE_HOLDS(shed >= 0 && shed <= options.shed_max, "sheds %g", shed);
      LOADLINE_HOLDS(shedder.boundary() >= 0 && shedder.boundary() <= control::kLevels,
                     "boundary %d", shedder.boundary());
      continue;
    }
    const std::uint64_t tenant = bytes.Byte();
    const int within = shares.Within(tenant);
    LOADLINE_HOLDS(within >= 0 && within < control::kLevelsPerPriority, "%d", within);
    const int level = bytes.Below(8) == 0
                          ? bytes.Small()
                          : control::Level(static_cast<control::Priority>(bytes.Below(5)), within);
    const int attempt = control::LevelOfAttempt(level, bytes.Small());
    LOADLINE_HOLDS(attempt >= 0 && attempt < control::kLevels, "%d", attempt);
    const int boundary = shedder.boundary();
    const int clamped = std::clamp(level, 0, control::kLevels - 1);
    const bool pass = shedder.Offer(level);
    LOADLINE_HOLDS(pass == twin->Offer(level), "differently");
    // Only the boundary is admitted in part: no request is refused while a worse one passes.
    LOADLINE_HOLDS(clamped == boundary || pass == (clamped < boundary), "level %d, boundary %d",
                   clamped, boundary);
    if (pass) {
      shares.OnAdmitted(tenant, bytes.Real());
    }
  }
  if (options.gain >= 0.05) {
    for (int i = 0; i < 200; ++i) {  // Room for all, nobody waits: nobody is refused.
      shedder.OnTick(
          {.span = 100ms, .capacity = 1e6, .offered = 100, .sojourn = {}, .bound = 10ms});
    }
    LOADLINE_HOLDS(shedder.shed_fraction() <= 0 && shedder.Offer(499), "sheds %g of nothing",
                   shedder.shed_fraction());
  }
}

}  // namespace loadline::fuzz
