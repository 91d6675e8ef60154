// SPDX-License-Identifier: Apache-2.0
#include "agent/src/diagnosis/recorder.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <optional>
#include <utility>

#include "agent/src/model/ranking.h"

namespace loadline::agent {
namespace {

// The number of the window that a time is in: windows begin at round seconds of the wall clock.
std::int64_t WindowOf(double unix_time, std::chrono::seconds window) {
  return static_cast<std::int64_t>(std::floor(unix_time / static_cast<double>(window.count())));
}

bool IsInTrouble(Severity severity) {
  return severity == Severity::kExhausted || severity == Severity::kStuck;
}

// What a reading's window of the case is: the newest look alone.
PoolCase OfLastLook(const PoolCase& one) {
  PoolCase last;
  last.threads = one.threads;
  AddLook(one.last, last);
  return last;
}

}  // namespace

FlightRecorder::FlightRecorder() { other_ = culprits_.Take(std::string(kOther)).value_or(0); }

std::size_t FlightRecorder::BytesOf(const PoolName& name) {
  return name.process.size() + name.container.size() + name.pool.size();
}

std::uint16_t FlightRecorder::NumberOf(std::string_view culprit) {
  const std::optional<std::uint16_t> number =
      culprits_.Take(std::string(culprit.substr(0, kTextMax)));
  if (!number.has_value()) {
    culprits_.TakeAgain(other_);
    return other_;
  }
  return *number;
}

// All that it names is held once: to be let go.
PoolRecord FlightRecorder::RecordOf(const PoolCase& one) {
  const PoolCase last = OfLastLook(one);
  PoolRecord record{.severity = one.severity,
                    .severity_seconds = Seconds(one.severity_for),
                    .clients = last.facts.clients,
                    .rests = one.facts.rests,
                    .looks = last.facts.looks,
                    .none_free = last.facts.none_free,
                    .undecided = last.facts.undecided,
                    .waited_for = last.facts.waited_for,
                    .awake = last.facts.awake,
                    .threads = one.threads,
                    .free = last.free,
                    .rested = Seconds(one.last.rested),
                    .queue = static_cast<double>(last.queue),
                    .drops = static_cast<double>(last.drops),
                    .parts = {}};
  for (const LostPart& part : one.last.lost.parts()) {
    record.parts.push_back({.cause = part.cause,
                            .culprit = NumberOf(part.culprit),
                            .seconds = Seconds(part.time),
                            .waits = static_cast<double>(part.waits)});
  }
  return record;
}

void FlightRecorder::Hold(const PoolRecord& record) {
  pools_.TakeAgain(record.pool);
  for (const PoolRecord::Part& part : record.parts) {
    culprits_.TakeAgain(part.culprit);
  }
}

void FlightRecorder::LetGo(const PoolRecord& record) {
  pools_.Release(record.pool);
  for (const PoolRecord::Part& part : record.parts) {
    culprits_.Release(part.culprit);
  }
}

void FlightRecorder::LetGo(const Frame& frame) {
  frame.ForEach([this](const PoolRecord& record) { LetGo(record); });
}

void FlightRecorder::KeepPids(std::uint16_t pool, const std::vector<pid_t>& pids) {
  std::vector<pid_t> some(
      pids.begin(), pids.begin() + static_cast<std::ptrdiff_t>(std::min(pids.size(), kPidsMax)));
  const auto bytes = [](const std::vector<pid_t>& list) {
    return list.capacity() * sizeof(pid_t) + 80;  // With the node of the map.
  };
  if (const auto found = pids_.find(pool); found != pids_.end()) {
    if (found->second == some) {
      return;
    }
    pid_bytes_ -= bytes(found->second);
    pids_.erase(found);
  }
  if (some.size() > 1 && pid_bytes_ + bytes(some) <= kPidBytesMax) {
    pid_bytes_ += bytes(some);
    pids_.emplace(pool, std::move(some));
  }
}

void FlightRecorder::ForgetPids() {
  std::erase_if(pids_, [this](const auto& entry) {
    const bool gone = !pools_.Has(entry.first);
    pid_bytes_ -= gone ? entry.second.capacity() * sizeof(pid_t) + 80 : 0;
    return gone;
  });
  std::erase_if(last_seen_, [this](const auto& entry) { return !pools_.Has(entry.first); });
}

void FlightRecorder::Fill(std::vector<PoolRecord> records, std::size_t bytes_max, Frame& frame) {
  const double span = Seconds(frame.span);
  std::ranges::stable_sort(records, [](const PoolRecord& a, const PoolRecord& b) {
    const auto rank = [](const PoolRecord& record) {
      const double lost = record.Lost();
      return std::tuple(WeightOf(record.severity) * lost, record.severity, lost);
    };
    return rank(b) < rank(a);
  });
  std::string& out = frame.records;
  for (PoolRecord& record : records) {
    record.Fold(other_);
    const std::size_t before = out.size();
    if (before + PoolRecord::kRestBytes <= bytes_max) {
      const std::size_t written = Write(record, span, out);
      if (out.size() <= bytes_max) {
        if (written <= PoolRecord::kRestBytes) {
          record.parts.clear();  // They are not in it.
        }
        Hold(record);
        continue;
      }
      out.resize(before);
    }
    ++frame.left_out;
  }
  out.shrink_to_fit();
}

Frame FlightRecorder::Merge(std::span<const Frame> frames, std::size_t bytes_max) {
  Frame merged;
  merged.end = frames.back().end;
  merged.unix_end = frames.back().unix_end;
  merged.has_pressure = frames.back().has_pressure;
  std::map<std::uint16_t, PoolRecord> records;
  for (const Frame& frame : frames) {
    const double span = Seconds(frame.span);
    merged.span += frame.span;
    merged.cpu_idle += frame.cpu_idle * span;
    merged.memory_pressure += frame.memory_pressure * span;
    merged.disk_pressure += frame.disk_pressure * span;
    merged.left_out = std::max(merged.left_out, frame.left_out);
    frame.ForEach([&](PoolRecord record) {
      const auto [found, is_new] = records.try_emplace(record.pool, record);
      if (!is_new) {
        found->second.Append(record);
      }
    });
  }
  const double span = Seconds(merged.span);
  for (double* figure : {&merged.cpu_idle, &merged.memory_pressure, &merged.disk_pressure}) {
    *figure /= span;
  }
  std::vector<PoolRecord> all;
  all.reserve(records.size());
  for (auto& [number, record] : records) {
    all.push_back(std::move(record));
  }
  Fill(std::move(all), bytes_max, merged);
  return merged;
}

void FlightRecorder::CloseFine() {
  if (readings_.empty()) {
    return;
  }
  if (readings_.size() == 1) {
    fine_.push_back(std::move(readings_.front()));
  } else {
    fine_.push_back(Merge(readings_, kFineBytesMax));
    for (const Frame& frame : readings_) {
      LetGo(frame);
    }
  }
  readings_.clear();
  ++since_coarse_;
}

void FlightRecorder::CloseCoarse() {
  if (since_coarse_ == 0) {
    return;
  }
  const std::vector<Frame> frames(fine_.end() - static_cast<std::ptrdiff_t>(since_coarse_),
                                  fine_.end());
  coarse_.push_back(Merge(frames, kCoarseBytesMax));
  since_coarse_ = 0;
}

void FlightRecorder::Expire(Clock::Time now) {
  const auto drop = [&](std::deque<Frame>& frames, std::size_t most, Clock::Duration age) {
    while (!frames.empty() && (frames.size() > most || now - frames.front().end > age)) {
      LetGo(frames.front());
      frames.pop_front();
    }
  };
  drop(fine_, kFineMax, kFineFor);
  drop(coarse_, kCoarseMax, kCoarseFor);
  since_coarse_ = std::min(since_coarse_, fine_.size());
  ForgetPids();
}

void FlightRecorder::NoteOnsets(const std::vector<PoolRecord>& records, Clock::Time at) {
  for (const PoolRecord& record : records) {
    const bool trouble = IsInTrouble(record.severity);
    const auto found = last_seen_.find(record.pool);
    if (found == last_seen_.end() && !trouble) {
      continue;
    }
    LastSeen& last = last_seen_[record.pool];
    const bool begins = trouble && !IsInTrouble(last.severity) &&
                        (!last.had_onset || at - last.onset >= kOnsetEvery);
    last.severity = record.severity;
    if (!begins || !pools_.Has(record.pool)) {
      continue;
    }
    last.onset = at;
    last.had_onset = true;
    if (asides_.empty() || !asides_.back().frames.empty() ||
        asides_.back().pools.size() >= kAsidePoolsMax) {
      asides_.push_back({.onset = at, .pools = {}, .frames = {}});
    }
    asides_.back().pools.push_back(record.pool);
  }
}

void FlightRecorder::FinishAsides(Clock::Time now) {
  for (Aside& aside : asides_) {
    if (aside.frames.empty() && now - aside.onset >= kAround) {
      FinishAside(aside);
    }
  }
  std::erase_if(asides_, [&](const Aside& aside) {
    return aside.frames.empty() && now - aside.onset >= kAround;
  });
  while (AsideBytes() > kAsideBytesMax) {
    for (const Frame& frame : asides_.front().frames) {
      LetGo(frame);
    }
    asides_.pop_front();
  }
}

void FlightRecorder::FinishAside(Aside& aside) {
  for (const Frame& frame : fine_) {
    if (frame.end < aside.onset - kAround || frame.end > aside.onset + kAround) {
      continue;
    }
    std::vector<PoolRecord> records;
    frame.ForEach([&](PoolRecord record) {
      if (std::ranges::find(aside.pools, record.pool) != aside.pools.end()) {
        records.push_back(std::move(record));
      }
    });
    Frame kept = frame;
    kept.records.clear();
    Fill(std::move(records), kFineBytesMax, kept);
    if (!kept.records.empty()) {
      aside.frames.push_back(std::move(kept));
    }
  }
  aside.frames.shrink_to_fit();
}

std::size_t FlightRecorder::AsideBytes() const {
  std::size_t bytes = 0;
  for (const Aside& aside : asides_) {
    bytes += sizeof(Aside) + aside.pools.capacity() * sizeof(std::uint16_t);
    for (const Frame& frame : aside.frames) {
      bytes += frame.bytes();
    }
  }
  return bytes;
}

std::size_t FlightRecorder::bytes() const {
  std::size_t bytes = AsideBytes() + pools_.bytes() + culprits_.bytes() + pid_bytes_ +
                      last_seen_.size() * (sizeof(LastSeen) + 48);
  const auto add = [&](const auto& frames) {
    for (const Frame& frame : frames) {
      bytes += frame.bytes();
    }
  };
  add(readings_);
  add(fine_);
  add(coarse_);
  return bytes;
}

void FlightRecorder::Add(const Diagnosed& diagnosed, Clock::Time at, double unix_time) {
  Frame frame;
  frame.end = at;
  frame.unix_end = unix_time;
  frame.cpu_idle = diagnosed.cpu_idle;
  frame.has_pressure = diagnosed.has_pressure;
  frame.memory_pressure = diagnosed.memory_pressure;
  frame.disk_pressure = diagnosed.disk_pressure;
  for (const PoolCase& one : diagnosed.cases) {
    if (one.last.at == at) {
      frame.span = std::max(frame.span, one.last.span);
    }
  }
  if (frame.span <= Clock::Duration::zero()) {
    return;  // The first reading, or nobody was read.
  }
  if (!readings_.empty()) {
    const double before = readings_.back().unix_end;
    if (WindowOf(before, kFineWindow) != WindowOf(unix_time, kFineWindow) ||
        readings_.size() >= kReadingsMax) {
      CloseFine();
      if (WindowOf(before, kCoarseWindow) != WindowOf(unix_time, kCoarseWindow)) {
        CloseCoarse();
      }
    }
  }
  Expire(at);
  std::vector<const PoolCase*> cases;
  cases.reserve(diagnosed.cases.size());
  for (const PoolCase& one : diagnosed.cases) {
    if (one.last.at == at) {
      cases.push_back(&one);
    }
  }
  // Whoever is in trouble finds a number.
  std::ranges::stable_sort(cases, std::greater(), [](const PoolCase* one) {
    return WeightOf(one->severity) * one->active;
  });
  std::vector<PoolRecord> records;
  records.reserve(cases.size());
  for (const PoolCase* one : cases) {
    const std::optional<std::uint16_t> pool =
        pools_.Take({.process = one->process.substr(0, kTextMax),
                     .container = one->container.substr(0, kTextMax),
                     .pool = one->pool.substr(0, kTextMax),
                     .pid = one->pids.empty() ? 0 : one->pids.front(),
                     .registered = one->registered});
    if (!pool.has_value()) {
      ++frame.left_out;
      continue;
    }
    PoolRecord record = RecordOf(*one);
    record.pool = *pool;
    KeepPids(*pool, one->pids);
    records.push_back(std::move(record));
  }
  Fill(records, kFineBytesMax, frame);
  for (const PoolRecord& record : records) {
    LetGo(record);
  }
  left_out_ += frame.left_out;
  NoteOnsets(records, at);
  readings_.push_back(std::move(frame));
  FinishAsides(at);
}

}  // namespace loadline::agent
