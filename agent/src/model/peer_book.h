// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/src/model/pool_row.h"
#include "loadline/clock.h"

namespace loadline::agent {

// The peers of one pool: who is waited for now, and for how long in all.
//
// Bounded, since a server's clients come from ever new ports: after kPortsMax addresses of one host
// the others become "host:*", and beyond kPeersMax everything is "other". First come, first kept.
class PeerBook {
 public:
  // A client of a sharded database talks to some tens of peers; a crawler to millions.
  static constexpr std::size_t kPeersMax = 64;
  static constexpr int kPortsMax = 16;

  // Between BeginReading() and EndReading(): one wait in progress; the source's total of ended
  // ones.
  void BeginReading();
  void AddOpen(std::string_view address, Clock::Duration age);
  void AddEnded(std::string_view address, Clock::Duration total);
  void EndReading();

  // The `most` peers that matter most now, then "other" if anything is left.
  std::vector<PeerRow> Top(std::size_t most) const;

 private:
  struct Peer {
    int threads = 0;
    Clock::Duration open{};
    Clock::Duration ended_now{};  // As the source says, this time and last time.
    Clock::Duration ended_before{};
    Clock::Duration ended{};
    Clock::Duration total{};
    Clock::Duration increment{};
  };

  Peer& At(std::string_view address);

  std::map<std::string, int> ports_;  // Addresses kept, by host.
  std::map<std::string, Peer, std::less<>> peers_;
};

}  // namespace loadline::agent
