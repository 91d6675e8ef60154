// SPDX-License-Identifier: Apache-2.0
// Answers about past windows.
#include <algorithm>
#include <array>
#include <cmath>
#include <iterator>
#include <map>
#include <optional>
#include <utility>

#include "absl/time/time.h"
#include "agent/src/diagnosis/recorder.h"
#include "fmt/format.h"

namespace loadline::agent {
namespace {

std::string TimeText(double unix_time) {
  return absl::FormatTime("%Y-%m-%d %H:%M:%S", absl::UnixEpoch() + absl::Seconds(unix_time),
                          absl::LocalTimeZone());
}

Clock::Duration FromSeconds(double seconds) {
  return std::chrono::duration_cast<Clock::Duration>(std::chrono::duration<double>(seconds));
}

// A pool over several windows.
struct OverWindows {
  PoolRecord record;
  std::array<double, kSeverityCount> seconds{};  // By the severity that it had then.
};

}  // namespace

PoolCase FlightRecorder::CaseOf(const PoolRecord& record, double span_seconds) const {
  const PoolName& name = pools_[record.pool];
  PoolCase one;
  one.process = name.process;
  one.container = name.container;
  one.pool = name.pool;
  const auto pids = pids_.find(record.pool);
  one.pids = pids == pids_.end() ? std::vector<pid_t>{name.pid} : pids->second;
  one.registered = name.registered;
  one.threads = record.threads;
  one.window = FromSeconds(span_seconds);
  one.active = record.Lost() / span_seconds;
  one.rested = record.rested / span_seconds;
  one.free = record.free;
  one.severity = record.severity;
  one.severity_for = FromSeconds(record.severity_seconds);
  for (const PoolRecord::Part& part : record.parts) {
    one.parts.push_back({.cause = part.cause,
                         .culprit = culprits_[part.culprit],
                         .time = FromSeconds(part.seconds),
                         .waits = static_cast<std::uint64_t>(std::llround(part.waits))});
  }
  one.facts = {.looks = record.looks,
               .none_free = record.none_free,
               .undecided = record.undecided,
               .waited_for = record.waited_for,
               .awake = record.awake,
               .threads = record.threads.all(),
               .active = one.active,
               .ran_share = one.ShareOf(Cause::kCpu) + one.ShareOf(Cause::kOwnQueue),
               .clients = record.clients,
               .rests = record.rests};
  one.drops = static_cast<std::uint64_t>(std::llround(record.drops));
  one.queue = static_cast<std::uint32_t>(std::lround(record.queue));
  return one;
}

Diagnosed FlightRecorder::DiagnosedOf(std::span<const Frame* const> frames, const Diagnosed& now,
                                      double now_unix) const {
  Diagnosed then;
  then.cpus = now.cpus;
  then.source = now.source;
  then.cannot_know = now.cannot_know;
  std::map<std::uint16_t, OverWindows> pools;
  double seconds = 0;
  double until = 0;
  for (const Frame* frame : frames) {
    const double span = Seconds(frame->span);
    seconds += span;
    until = std::max(until, frame->unix_end);
    then.window += frame->span;
    then.cpu_idle += frame->cpu_idle * span;
    then.memory_pressure += frame->memory_pressure * span;
    then.disk_pressure += frame->disk_pressure * span;
    then.has_pressure |= frame->has_pressure;
    frame->ForEach([&](const PoolRecord& record) {
      const auto [found, is_new] = pools.try_emplace(record.pool, OverWindows{.record = record});
      if (!is_new) {
        found->second.record.Append(record);
      }
      found->second.seconds[static_cast<std::size_t>(record.severity)] += span;
    });
  }
  for (double* figure : {&then.cpu_idle, &then.memory_pressure, &then.disk_pressure}) {
    *figure /= seconds;
  }
  then.ended_ago = FromSeconds(std::max(0.0, now_unix - until));
  then.agent_age = std::max(Clock::Duration::zero(), now.agent_age - then.ended_ago);
  for (const auto& [number, pool] : pools) {
    // A pool that came or went within the span was active for a part of it.
    PoolCase& one = then.cases.emplace_back(CaseOf(pool.record, seconds));
    if (frames.size() > 1) {
      one.severity = SeverityOf(one.facts);
      one.severity_for = FromSeconds(pool.seconds[static_cast<std::size_t>(one.severity)]);
    }
  }
  return then;
}

const Frame* FlightRecorder::FrameAt(double unix_time, double now_unix) const {
  const auto newest = [&](const auto& frames) -> const Frame* {
    const auto found = std::find_if(frames.rbegin(), frames.rend(),
                                    [&](const Frame& frame) { return frame.Holds(unix_time); });
    return found == frames.rend() ? nullptr : &*found;
  };
  for (const Frame* frame : {newest(readings_), newest(fine_), newest(coarse_)}) {
    if (frame != nullptr) {
      return frame;
    }
  }
  // Since the last reading.
  const bool present =
      !readings_.empty() && unix_time >= readings_.back().unix_end && unix_time <= now_unix;
  return present ? &readings_.back() : nullptr;
}

std::vector<const Frame*> FlightRecorder::FramesBetween(double since, double until) const {
  std::vector<const Frame*> frames;
  double taken_until = since;
  const auto take = [&](const auto& from) {
    for (const Frame& frame : from) {
      // A window that is partly in what was taken is in it for the most part.
      const double middle = (frame.unix_begin() + frame.unix_end) / 2;
      if (frame.Overlaps(since, until) && (frames.empty() || middle >= taken_until)) {
        frames.push_back(&frame);
        taken_until = frame.unix_end;
      }
    }
  };
  if (fine_.empty() || since < fine_.front().unix_begin()) {
    take(coarse_);
  }
  take(fine_);
  take(readings_);
  return frames;
}

absl::Status FlightRecorder::NotHeld(double unix_time) const {
  std::vector<std::pair<double, double>> spans;
  const auto add = [&](const auto& frames) {
    for (const Frame& frame : frames) {
      spans.emplace_back(frame.unix_begin(), frame.unix_end);
    }
  };
  add(coarse_);
  add(fine_);
  add(readings_);
  if (spans.empty()) {
    return absl::OutOfRangeError(
        fmt::format("{} is not held: no window is, the agent has just begun", TimeText(unix_time)));
  }
  const auto [first, last] =
      std::ranges::minmax(spans, {}, [](const auto& span) { return span.first; });
  std::string text = fmt::format(
      "{} is not held: what is held goes from {} to {}", TimeText(unix_time), TimeText(first.first),
      TimeText(std::max(last.second, std::ranges::max(spans, {}, [](const auto& span) {
                                       return span.second;
                                     }).second)));
  std::size_t aside = 0;
  for (const Aside& one : asides_) {
    if (one.frames.empty() || one.frames.back().unix_end > first.first || aside == 4) {
      continue;
    }
    text += fmt::format(
        "{} {} to {}", aside++ == 0 ? "; of pools that came into trouble also" : ",",
        TimeText(one.frames.front().unix_begin()), TimeText(one.frames.back().unix_end));
  }
  return absl::OutOfRangeError(text);
}

absl::StatusOr<Diagnosed> FlightRecorder::At(double unix_time, const Diagnosed& now,
                                             double now_unix) const {
  if (const Frame* frame = FrameAt(unix_time, now_unix)) {
    return DiagnosedOf(std::span(&frame, 1), now, now_unix);
  }
  std::optional<Diagnosed> then;
  for (const Aside& aside :
       asides_) {  // Several pools may have come into trouble at about that time.
    const auto found = std::ranges::find_if(
        aside.frames, [&](const Frame& frame) { return frame.Holds(unix_time); });
    if (found == aside.frames.end()) {
      continue;
    }
    const Frame* frame = &*found;
    Diagnosed part = DiagnosedOf(std::span(&frame, 1), now, now_unix);
    if (then.has_value()) {
      std::ranges::move(part.cases, std::back_inserter(then->cases));
    } else {
      then = std::move(part);
      then->remarks.emplace_back("Of that time only pools are kept that came into trouble then.");
    }
  }
  if (!then.has_value()) {
    return NotHeld(unix_time);
  }
  return *std::move(then);
}

absl::StatusOr<Diagnosed> FlightRecorder::Between(double since, double until, const Diagnosed& now,
                                                  double now_unix) const {
  const std::vector<const Frame*> frames = FramesBetween(since, until);
  // It may be the moment between two windows, or a reading that was late.
  if (frames.empty() || frames.front()->unix_begin() > since + Seconds(kCoarseWindow)) {
    return NotHeld(since);
  }
  return DiagnosedOf(frames, now, now_unix);
}

}  // namespace loadline::agent
