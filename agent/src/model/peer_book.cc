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

// A value-initialized one where there is none.
template <typename Map>
typename Map::mapped_type& At(Map& map, std::string_view address) {
  const std::string_view name = address.empty() ? kUnknown : address;
  const auto found = map.find(name);
  return found != map.end() ? found->second : map[std::string(name)];
}

}  // namespace

void PeerBook::Peer::Fold(const Peer& other) {
  threads += other.threads;
  total += other.total;
  increment += other.increment;
}

void PeerBook::BeginReading() {
  ++reading_;
  for (auto& [address, peer] : peers_) {
    peer.threads = 0;
    peer.open = {};
    peer.increment = {};
    peer.activity *= kActivityDecay;
  }
  rest_.threads = 0;
  rest_.increment = {};
}

void PeerBook::AddOpen(std::string_view address, Clock::Duration age) {
  Peer& peer = At(peers_, address);
  ++peer.threads;
  peer.open += age;
}

void PeerBook::AddEnded(std::string_view address, Clock::Duration total) {
  Told& told = At(told_, address);
  told.now = told.seen == reading_ ? told.now + total : total;
  told.seen = reading_;
}

void PeerBook::EndReading() {
  for (auto& [address, told] : told_) {
    // Less than before: the source forgot some of the addresses behind this row.
    if (told.seen == reading_ && told.now > told.before) {
      peers_[address].ended += told.now - told.before;
    }
    told.before = told.now;
  }
  std::erase_if(told_, [&](const auto& item) { return item.second.seen != reading_; });
  for (auto& [address, peer] : peers_) {
    // A wait that was seen open and is too short to be kept by the source must not be taken back.
    const Clock::Duration now = std::max(peer.total, peer.ended + peer.open);
    peer.increment = now - peer.total;
    peer.total = now;
    peer.activity += Seconds(peer.increment);
  }
  KeepTheBusiest();
}

void PeerBook::KeepTheBusiest() {
  if (peers_.size() <= kPeersMax) {
    return;
  }
  std::vector<std::string_view> all;
  all.reserve(peers_.size());
  for (const auto& [address, peer] : peers_) {
    all.push_back(address);
  }
  const auto kept = all.begin() + static_cast<std::ptrdiff_t>(kPeersMax);
  std::ranges::nth_element(all, kept, [this](std::string_view a, std::string_view b) {
    const Peer& one = peers_.find(a)->second;
    const Peer& other = peers_.find(b)->second;
    return std::tie(other.threads, other.activity, a) < std::tie(one.threads, one.activity, b);
  });
  for (auto address = kept; address != all.end(); ++address) {
    const auto found = peers_.find(*address);
    rest_.Fold(found->second);
    has_rest_ = true;
    peers_.erase(found);
  }
}

std::vector<PeerRow> PeerBook::Top(std::size_t most) const {
  if (peers_.empty() && !has_rest_) {
    return {};
  }
  struct Ranked {
    PeerRow row;
    double activity;
  };
  std::vector<Ranked> ranked;
  ranked.reserve(peers_.size());
  for (const auto& [address, peer] : peers_) {
    ranked.push_back(
        {{LabelText(address), peer.threads, peer.total, peer.increment}, peer.activity});
  }
  std::ranges::sort(ranked, [](const Ranked& a, const Ranked& b) {
    return std::tie(b.row.threads, b.activity, b.row.total, a.row.address) <
           std::tie(a.row.threads, a.activity, a.row.total, b.row.address);
  });
  PeerRow other{.address = std::string(kOther),
                .threads = rest_.threads,
                .total = rest_.total,
                .increment = rest_.increment};
  std::vector<PeerRow> top;
  bool left_out = has_rest_;
  for (auto& [row, activity] : ranked) {
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
