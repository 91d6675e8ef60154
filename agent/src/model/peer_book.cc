// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/peer_book.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "agent/src/model/label_text.h"
#include "agent/src/model/ranking.h"

namespace loadline::agent {
namespace {

constexpr std::string_view kUnknown = "unknown";  // Of a wait whose address could not be read.

}  // namespace

PeerBook::Peer& PeerBook::At(std::string_view address) {
  if (address.empty()) {
    address = kUnknown;
  }
  if (const auto found = peers_.find(address); found != peers_.end()) {
    return found->second;
  }
  const std::string host(address.substr(0, address.rfind(':')));
  if (ports_[host] >= kPortsMax) {
    return peers_[host + ":*"];  // At most one more per host that was let in below.
  }
  if (peers_.size() >= kPeersMax) {
    if (ports_[host] == 0) {
      ports_.erase(host);
    }
    return peers_[std::string(kOther)];
  }
  ++ports_[host];
  return peers_[std::string(address)];
}

void PeerBook::BeginReading() {
  for (auto& [address, peer] : peers_) {
    peer.threads = 0;
    peer.open = {};
    peer.ended_now = {};
    peer.increment = {};
  }
}

void PeerBook::AddOpen(std::string_view address, Clock::Duration age) {
  Peer& peer = At(address);
  ++peer.threads;
  peer.open += age;
}

void PeerBook::AddEnded(std::string_view address, Clock::Duration total) {
  At(address).ended_now += total;
}

void PeerBook::EndReading() {
  for (auto& [address, peer] : peers_) {
    // Less than before: the source forgot some of the addresses behind this row.
    peer.ended += std::max(Clock::Duration::zero(), peer.ended_now - peer.ended_before);
    peer.ended_before = peer.ended_now;
    // A wait that was seen open and is too short to be kept by the source must not be taken back.
    const Clock::Duration now = std::max(peer.total, peer.ended + peer.open);
    peer.increment = now - peer.total;
    peer.total = now;
  }
}

std::vector<PeerRow> PeerBook::Top(std::size_t most) const {
  if (peers_.empty()) {
    return {};
  }
  std::vector<PeerRow> rows;
  rows.reserve(peers_.size());
  PeerRow other{.address = std::string(kOther)};
  for (const auto& [address, peer] : peers_) {
    rows.push_back({LabelText(address), peer.threads, peer.total, peer.increment});
  }
  std::ranges::sort(rows, [](const PeerRow& a, const PeerRow& b) {
    return std::tie(b.threads, b.total, a.address) < std::tie(a.threads, a.total, b.address);
  });
  std::vector<PeerRow> top;
  bool left_out = false;
  for (PeerRow& row : rows) {
    if (row.address != kOther && top.size() < most) {
      top.push_back(std::move(row));
      continue;
    }
    left_out = true;
    other.threads += row.threads;
    other.total += row.total;
    other.increment += row.increment;
  }
  if (left_out) {
    top.push_back(std::move(other));
  }
  return top;
}

}  // namespace loadline::agent
