// SPDX-License-Identifier: Apache-2.0
// What a recorder keeps, as bytes, and back.
#include <algorithm>
#include <cmath>
#include <utility>

#include "agent/src/diagnosis/byte_stream.h"
#include "agent/src/diagnosis/checksum.h"
#include "agent/src/diagnosis/recorder.h"
#include "agent/src/model/ranking.h"

namespace loadline::agent {
namespace {

constexpr std::uint64_t kMagic = 0x63657265'6e696c6c;  // "llinerec" as bytes.
constexpr std::size_t kHeaderSize = 24;
constexpr std::uint32_t kVersion = 1;  // Of the layout below, and of PoolRecord's.
constexpr double kAheadMax = 60;       // Seconds: windows later than now were of another clock.

absl::Status Damaged(const char* what) { return absl::DataLossError(what); }

void PutFrame(const Frame& frame, ByteWriter& to) {
  to.Put(frame.unix_end);
  to.Put(static_cast<std::int64_t>(frame.span.count()));
  to.Put(static_cast<float>(frame.cpu_idle));
  to.Put(static_cast<float>(frame.memory_pressure));
  to.Put(static_cast<float>(frame.disk_pressure));
  to.Put(static_cast<std::uint8_t>(frame.has_pressure));
  to.Put(frame.left_out);
  to.PutText(frame.records);
}

template <typename Frames>
void PutFrames(const Frames& frames, ByteWriter& to) {
  to.Put(static_cast<std::uint32_t>(frames.size()));
  for (const Frame& frame : frames) {
    PutFrame(frame, to);
  }
}

// As long ago as the wall clock says.
Frame GetFrame(ByteReader& in, Clock::Time at, double unix_time) {
  Frame frame;
  frame.unix_end = in.Get<double>();
  frame.span = Clock::Duration(in.Get<std::int64_t>());
  frame.cpu_idle = in.Get<float>();
  frame.memory_pressure = in.Get<float>();
  frame.disk_pressure = in.Get<float>();
  frame.has_pressure = in.Get<std::uint8_t>() != 0;
  frame.left_out = in.Get<std::uint32_t>();
  frame.records = in.GetText();
  const double ago = unix_time - frame.unix_end;
  if (std::abs(ago) < 1e9) {
    frame.end =
        at - std::chrono::duration_cast<Clock::Duration>(std::chrono::duration<double>(ago));
  }
  return frame;
}

}  // namespace

std::string FlightRecorder::Save() const {
  std::string saved;
  saved.reserve(kHeaderSize + bytes());  // A growing one would be touched, page by page, twice.
  saved.resize(kHeaderSize);
  ByteWriter to(saved);
  to.Put(static_cast<std::uint32_t>(pools_.size()));
  pools_.ForEach([&](std::uint16_t number, const PoolName& name) {
    to.Put(number);
    to.PutText(name.process);
    to.PutText(name.container);
    to.PutText(name.pool);
    to.Put(static_cast<std::int32_t>(name.pid));
    to.Put(static_cast<std::uint8_t>(name.registered));
    const auto pids = pids_.find(number);
    to.Put(static_cast<std::uint8_t>(pids == pids_.end() ? 0 : pids->second.size()));
    if (pids != pids_.end()) {
      for (const pid_t pid : pids->second) {
        to.Put(static_cast<std::int32_t>(pid));
      }
    }
  });
  to.Put(static_cast<std::uint32_t>(culprits_.size()));
  culprits_.ForEach([&](std::uint16_t number, const std::string& text) {
    to.Put(number);
    to.PutText(text);
  });
  PutFrames(fine_, to);
  to.Put(static_cast<std::uint32_t>(since_coarse_));
  PutFrames(coarse_, to);
  to.Put(static_cast<std::uint32_t>(asides_.size()));
  for (const Aside& aside : asides_) {
    PutFrames(aside.frames, to);
  }
  const std::string_view body = std::string_view(saved).substr(kHeaderSize);
  std::string header;
  ByteWriter to_header(header);
  to_header.Put(kMagic);
  to_header.Put(kVersion);
  to_header.Put(static_cast<std::uint32_t>(body.size()));
  to_header.Put(Checksum(body));
  saved.replace(0, kHeaderSize, header);
  return saved;
}

bool FlightRecorder::IsSound(const Frame& frame) const {
  const double span = Seconds(frame.span);
  bool sound = std::isfinite(frame.unix_end) && frame.unix_end > 0 && frame.unix_end < 1e10 &&
               span > 0 && span < 86'400 && frame.records.size() <= kCoarseBytesMax;
  for (const double part : {frame.cpu_idle, frame.memory_pressure, frame.disk_pressure}) {
    sound &= part >= 0 && part <= 1.001;
  }
  return sound && frame.ForEach([&](const PoolRecord& record) {
    sound &= pools_.Has(record.pool);
    for (const PoolRecord::Part& part : record.parts) {
      sound &= culprits_.Has(part.culprit);
    }
  }) && sound;
}

absl::Status FlightRecorder::LoadInto(std::string_view saved, Clock::Time at, double unix_time) {
  ByteReader header(saved.substr(0, kHeaderSize));
  if (header.Get<std::uint64_t>() != kMagic) {
    return Damaged("it is not of this program");
  }
  if (const auto version = header.Get<std::uint32_t>(); version != kVersion) {
    return Damaged("it is of another version");
  }
  const auto size = header.Get<std::uint32_t>();
  const auto sum = header.Get<std::uint64_t>();
  if (!header.ok() || saved.size() != kHeaderSize + std::size_t{size} ||
      sum != Checksum(saved.substr(kHeaderSize))) {
    return Damaged("its length or its sum is wrong");
  }
  ByteReader in(saved.substr(kHeaderSize));
  const auto pools = in.Get<std::uint32_t>();
  for (std::uint32_t i = 0; i < pools && in.ok(); ++i) {
    const auto number = in.Get<std::uint16_t>();
    PoolName name;
    name.process = in.GetText();
    name.container = in.GetText();
    name.pool = in.GetText();
    name.pid = in.Get<std::int32_t>();
    name.registered = in.Get<std::uint8_t>() != 0;
    std::vector<pid_t> pids(in.Get<std::uint8_t>());
    for (pid_t& pid : pids) {
      pid = in.Get<std::int32_t>();
    }
    if (!in.ok() || !pools_.Restore(number, name)) {
      return Damaged("its table of pools is wrong");
    }
    KeepPids(number, pids);
  }
  const auto culprits = in.Get<std::uint32_t>();
  culprits_.Release(other_);  // It has its number from there.
  for (std::uint32_t i = 0; i < culprits && in.ok(); ++i) {
    const auto number = in.Get<std::uint16_t>();
    const std::string text(in.GetText());
    if (!in.ok() || !culprits_.Restore(number, text)) {
      return Damaged("its table of culprits is wrong");
    }
  }
  other_ = NumberOf(kOther);
  const auto take = [&](auto& frames, std::size_t most) {
    const auto count = in.Get<std::uint32_t>();
    for (std::uint32_t i = 0; i < count && in.ok(); ++i) {
      Frame frame = GetFrame(in, at, unix_time);
      if (!in.ok() || frames.size() >= most || !IsSound(frame)) {
        return false;
      }
      if (frame.unix_end <= unix_time + kAheadMax) {
        frame.ForEach([this](const PoolRecord& record) { Hold(record); });
        frames.push_back(std::move(frame));
      }
    }
    return in.ok();
  };
  bool sound = take(fine_, kFineMax);
  since_coarse_ = std::min<std::size_t>(in.Get<std::uint32_t>(), fine_.size());
  sound = sound && take(coarse_, kCoarseMax);
  const auto asides = in.Get<std::uint32_t>();
  for (std::uint32_t i = 0; i < asides && sound && in.ok(); ++i) {
    Aside aside;
    sound = take(aside.frames, 2 * kFineMax);
    if (!aside.frames.empty()) {
      aside.onset = aside.frames.back().end;
      asides_.push_back(std::move(aside));
    }
  }
  if (!sound || !in.ok() || !in.at_end() || AsideBytes() > kAsideBytesMax + kFineBytesMax) {
    return Damaged("its windows are wrong");
  }
  pools_.Sweep();
  culprits_.Sweep();
  ForgetPids();
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<FlightRecorder>> FlightRecorder::Load(std::string_view saved,
                                                                     Clock::Time at,
                                                                     double unix_time) {
  auto loaded = std::make_unique<FlightRecorder>();
  if (absl::Status status = loaded->LoadInto(saved, at, unix_time); !status.ok()) {
    return status;
  }
  return loaded;
}

}  // namespace loadline::agent
