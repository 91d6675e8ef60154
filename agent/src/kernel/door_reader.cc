// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/door_reader.h"

#include <algorithm>
#include <chrono>

namespace loadline::agent {
namespace {

constexpr Clock::Duration kWalkEvery = std::chrono::seconds{10};

// A walk takes some 0.15 us per file: at most 0.15 % of a CPU.
constexpr Clock::Duration kWalkEveryPerFile = std::chrono::microseconds{100};

// The first walk takes who talks on a port from here on for a client, unless it knows better.
constexpr std::size_t kEphemeralPort = 32768;

bool HasNewHighPort(const ListenedPorts& before, const ListenedPorts& now) {
  for (std::size_t i = kEphemeralPort / 8; i < now.size(); ++i) {
    if ((now[i] & ~before[i]) != 0) {
      return true;
    }
  }
  return false;
}

}  // namespace

std::unique_ptr<DoorReader> DoorReader::Create() {
  absl::StatusOr<std::unique_ptr<DoorProbes>> probes = DoorProbes::Load();
  return probes.ok() ? std::unique_ptr<DoorReader>(new DoorReader(*std::move(probes))) : nullptr;
}

absl::Status DoorReader::Walk(Clock::Time now) {
  if (absl::Status status = probes_->Find(found_); !status.ok()) {
    return status;
  }
  book_.Take(found_);
  has_walked_ = true;
  walk_at_ =
      now + std::max(kWalkEvery, kWalkEveryPerFile * static_cast<std::int64_t>(probes_->files()));
  if (ports_before_ != book_.ports()) {
    if (HasNewHighPort(ports_before_, book_.ports())) {
      walk_at_ = now;  // The next reading knows which connections were taken there.
    }
    ports_before_ = book_.ports();
    probes_->SetPorts(ports_before_);
    has_new_ports_ = true;
  }
  return absl::OkStatus();
}

void DoorReader::Read(Clock::Time now, HostReading& out) {
  out.has_doors = false;
  out.doors.clear();
  out.connections.clear();
  if ((!has_walked_ || now >= walk_at_) && !Walk(now).ok()) {
    return;
  }
  if (probes_->Read(book_.Ask(probes_->sockets())).ok()) {
    book_.Tell(probes_->sockets(), out);
    out.has_doors = true;
  }
}

void DoorReader::TellLosses(const DoorReader* doors, std::vector<SourceLoss>& losses) {
  const std::uint64_t doors_lost = doors == nullptr ? 0 : doors->book_.doors_lost();
  const std::uint64_t connections_lost = doors == nullptr ? 0 : doors->probes_->connections_lost();
  losses.push_back({.what = "doors_full", .total = doors_lost});
  losses.push_back({.what = "connections_full", .total = connections_lost});
}

}  // namespace loadline::agent
