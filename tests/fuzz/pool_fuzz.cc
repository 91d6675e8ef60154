// SPDX-License-Identifier: Apache-2.0
// The pool sizer keeps its bounds and its pace, and decides equally on equal windows.
#include <algorithm>
#include <cmath>

#include "bytes.h"
#include "check.h"
#include "loadline/control/pool_sizer.h"
#include "service.h"
#include "targets.h"

namespace loadline::fuzz {
namespace {

using control::PoolSizer;
using control::PoolWindow;

PoolWindow Plausible(Service& service, int threads) {
  const control::Window seen = service.Next(threads);
  PoolWindow w;
  w.now = seen.now;
  w.span = seen.span;
  w.threads = threads;
  w.threads_active = w.threads_active_max = std::min(seen.in_flight, threads);
  w.queued = static_cast<int>(std::min<std::int64_t>(seen.rejected, 10000));
  w.completed = seen.completed;
  w.task_time_sum = seen.latency_sum;
  w.signal = seen.signal;
  w.cpus = seen.cpus;
  return w;
}

void Spoil(PoolWindow& w, Bytes& bytes) {
  switch (bytes.Below(12)) {
    case 0:
      w.now = Clock::Time{bytes.Duration()};
      break;
    case 1:
      w.span = bytes.Duration();
      break;
    case 2:
      w.threads = bytes.Small();
      break;
    case 3:
      w.threads_active = bytes.Small();
      break;
    case 4:
      w.threads_active_max = bytes.Small();
      break;
    case 5:
      w.queued = bytes.Small();
      break;
    case 6:
      w.completed = bytes.Integer();
      break;
    case 7:
      w.queue_wait_max = bytes.Duration();
      break;
    case 8:
      w.task_time_sum = bytes.Duration();
      break;
    case 9:
      w.signal = AnySignal(bytes);
      break;
    case 10:
      w.cpus = bytes.Real();
      break;
    default:
      w.limit = bytes.Small();
      w.limit_binds = bytes.Flag();
      break;
  }
}

PoolSizer::Options AnyOptions(Bytes& bytes) {
  PoolSizer::Options options;
  if (bytes.Flag()) {
    options.threads_min = bytes.Small();
    options.threads_max = bytes.Small();
    options.threads_initial = bytes.Small();
    options.task_deadline = bytes.Duration();
    options.beta = bytes.Real();
    options.lock_step = bytes.Real();
    options.lock_loss = bytes.Real();
    options.lock_hold = bytes.Real();
  }
  return options;
}

}  // namespace

void FuzzPoolSizer(Bytes& bytes) {
  const PoolSizer::Options options = AnyOptions(bytes);
  auto made = PoolSizer::Create(options);
  if (!made.ok()) {
    return;
  }
  PoolSizer& sizer = *made;
  PoolSizer twin = sizer;
  Service service;
  int limit = 0;
  while (!bytes.empty()) {
    const std::uint8_t what = bytes.Byte();
    if (what % 4 == 0) {
      service.Change(bytes);
    } else if (what % 4 == 2) {
      limit = 4 * bytes.Byte();
    }
    for (int ticks = 1 + (what >> 3); ticks > 0; --ticks) {
      const double before = sizer.size().threads;
      PoolWindow w = Plausible(service, sizer.size().threads);
      w.limit = limit;
      w.limit_binds = limit > 0 && w.queued > 0;
      if (what % 4 == 1) {
        Spoil(w, bytes);
      }
      const control::PoolSize size = sizer.OnTick(w);
      LOADLINE_HOLDS(size.threads >= options.threads_min && size.threads <= options.threads_max,
                     "%d threads", size.threads);
      LOADLINE_HOLDS(size == twin.OnTick(w) && size == sizer.size(), "%d threads", size.threads);
      LOADLINE_HOLDS(std::isfinite(sizer.knee()) && sizer.knee() >= 0, "K = %g", sizer.knee());
      if (w.span <=
          std::chrono::milliseconds{100}) {  // A quarter more, a twentieth per second less.
        const double most = std::ceil(std::max(1.25 * before, before + 1) + 1e-6);
        LOADLINE_HOLDS(size.threads <= most, "%g to %d threads in a tick", before, size.threads);
        LOADLINE_HOLDS(size.threads >= std::floor(before * 0.995 - 1), "%g to %d threads in a tick",
                       before, size.threads);
      }
    }
  }
}

}  // namespace loadline::fuzz
