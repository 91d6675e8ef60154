// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "agent/src/kernel/map_reader.h"
#include "agent/src/sampler/thread_sample.h"
#include "loadline_abi/host.h"

namespace loadline::agent {

// The tables that outlive their threads: exits and peers. They are bounded, so the entries of a
// process that is gone are taken out, once two readings in a row found it gone. In a table that is
// half full, so is what did not change since the reading before: one process with many names or
// peers must not take the room of all others.
//
// Thread safety: one thread at a time.
class GoneTotals {
 public:
  GoneTotals(int exits_fd, int peers_fd)
      : exits_fd_(exits_fd),
        peers_fd_(peers_fd),
        exits_reader_(exits_fd),
        peers_reader_(peers_fd) {}

  // The steps of one reading, in this order.
  void ReadExits();
  void ReadExitAgain(const ThreadSample& gone);  // It was read as alive, and is folded by now.
  void TakeExited(std::vector<ExitedThreads>& out);
  void ReadPeers(std::vector<PeerTotal>& out);
  void Clean(const absl::flat_hash_set<pid_t>& alive);

 private:
  void CleanCrowdedExits();
  void CleanCrowdedPeers();

  using ExitTotals = absl::flat_hash_map<std::pair<pid_t, std::string>, ll_exit>;

  int exits_fd_;
  int peers_fd_;
  ExitTotals exits_;                        // As read last.
  ExitTotals exits_before_;                 // As read in the reading before.
  std::vector<ExitedThreads> exited_late_;  // While their entry was taken out.
  MapReader<ll_exit_key, ll_exit> exits_reader_;
  MapReader<ll_peer_key, ll_wait_sum> peers_reader_;
  std::span<const std::pair<ll_peer_key, ll_wait_sum>> peers_read_;
  absl::flat_hash_map<std::string, __u64> peer_waits_before_;  // By key; only while crowded.
  absl::flat_hash_set<pid_t> gone_before_;
};

}  // namespace loadline::agent
