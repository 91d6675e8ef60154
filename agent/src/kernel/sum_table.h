// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <bpf/bpf.h>

#include <array>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "agent/src/kernel/map_reader.h"
#include "loadline_abi/host.h"

namespace loadline::agent {

// One of the kernel's hashes of waits, read as what each entry gained since the reading before.
//
// The hash is bounded. Entries of processes that are gone are taken out; in a table that is half
// full, so is what did not change since the reading before. What an entry gained until it was taken
// out is told.
//
// Thread safety: one thread at a time.
template <typename Key>
class SumTable {
 public:
  static constexpr __u32 kEntriesMax = 8192;  // Of bpf/lib/maps.bpf.h.

  struct Gain {
    Key key;
    ll_wait_sum gain;  // With the name of the pool's first thread.
  };

  explicit SumTable(int fd) : fd_(fd) {}

  // `alive`: processes that there are now.
  std::vector<Gain> Read(const absl::flat_hash_set<pid_t>& alive) {
    std::vector<Gain> gains;
    const auto entries = ReadMap<Key, ll_wait_sum>(fd_, kEntriesMax);
    const bool crowded = entries.size() > kEntriesMax / 2;
    absl::flat_hash_map<Bytes, ll_wait_sum> now;
    now.reserve(entries.size());
    for (const auto& [key, sum] : entries) {
      Bytes bytes;
      std::memcpy(bytes.data(), &key, sizeof(key));
      const auto before = last_.find(bytes);
      const ll_wait_sum start = before == last_.end() ? ll_wait_sum{} : before->second;
      const bool idle = before != last_.end() && sum.waits == start.waits;
      const bool gone = !alive.contains(static_cast<pid_t>(key.tgid));
      ll_wait_sum end = sum;
      if ((!gone && !(idle && crowded)) || bpf_map_lookup_and_delete_elem(fd_, &key, &end) != 0) {
        now.emplace(bytes, sum);
      }
      if (end.waits != start.waits) {
        Gain& gain = gains.emplace_back(Gain{key, end});
        gain.gain.wait_ns -= start.wait_ns;
        gain.gain.waits -= start.waits;
      }
    }
    last_ = std::move(now);
    return gains;
  }

 private:
  // Not a string: one of 16 bytes would be allocated, for each entry and reading.
  using Bytes = std::array<unsigned char, sizeof(Key)>;

  int fd_;
  absl::flat_hash_map<Bytes, ll_wait_sum> last_;
};

}  // namespace loadline::agent
