// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "agent/src/model/pool_row.h"
#include "loadline/clock.h"

namespace loadline::agent {

// The peers of one pool: who is waited for now, and for how long in all.
//
// Bounded, since a server's clients come from ever new ports: the peers that were waited for most
// of late keep their names, the others are added up as "other". A new one takes the place of the
// quietest: a database that failed over to a third host is seen there.
//
// Thread safety: none.
class PeerBook {
 public:
  // A client of a sharded database talks to some tens of peers; a crawler to millions.
  static constexpr std::size_t kPeersMax = 64;

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
    Clock::Duration ended{};
    Clock::Duration total{};
    Clock::Duration increment{};
    double activity = 0;  // Seconds per reading, fading.

    void Fold(const Peer& other);
  };
  // What the source says of an address: it repeats what is long over.
  struct Told {
    Clock::Duration now{};
    Clock::Duration before{};
    std::uint64_t seen = 0;
  };

  void KeepTheBusiest();

  std::uint64_t reading_ = 0;
  std::map<std::string, Told, std::less<>> told_;
  std::map<std::string, Peer, std::less<>> peers_;
  Peer rest_;
  bool has_rest_ = false;
};

}  // namespace loadline::agent
