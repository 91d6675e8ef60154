// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/gone_totals.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "agent/src/kernel/peer_text.h"
#include "agent/src/sampler/pool_name.h"
#include "ledger/counters.h"

namespace loadline::agent {
namespace {

constexpr __u32 kEntriesMax = 8192;  // Of ll_exits and ll_peers in bpf/lib/maps.bpf.h.
constexpr std::size_t kCrowded = kEntriesMax / 2;

std::string Text(const char (&name)[LL_NAME_SIZE]) {
  return std::string(name, strnlen(name, sizeof(name)));
}

ll_exit_key KeyOf(pid_t tgid, const std::string& name) {
  ll_exit_key key{.tgid = static_cast<__u32>(tgid), .name = {}};
  std::memcpy(key.name, name.data(), std::min(name.size(), sizeof(key.name)));
  return key;
}

ExitedThreads Difference(const std::pair<pid_t, std::string>& key, const ll_exit& now,
                         const ll_exit& start) {
  return {.tgid = key.first,
          .name = key.second,
          .counters = CountersFrom(now.totals) - CountersFrom(start.totals),
          .threads = static_cast<std::int64_t>(now.threads - start.threads)};
}

std::string Bytes(const ll_peer_key& key) {
  return std::string(reinterpret_cast<const char*>(&key), sizeof(key));
}

}  // namespace

void GoneTotals::ReadExits() {
  exits_.clear();
  for (const auto& [key, value] : exits_reader_.Read()) {
    exits_[{static_cast<pid_t>(key.tgid), Text(key.name)}] = value;
  }
}

void GoneTotals::ReadExitAgain(const ThreadSample& gone) {
  // It stands under its name, or under none if the table was full then.
  const std::pair<pid_t, std::string> candidates[] = {{gone.tgid, PoolName(gone.name)}, {0, ""}};
  for (const auto& candidate : candidates) {
    const ll_exit_key key = KeyOf(candidate.first, candidate.second);
    if (ll_exit value{}; bpf_map_lookup_elem(exits_fd_, &key, &value) == 0) {
      exits_[candidate] = value;
    }
  }
}

void GoneTotals::TakeExited(std::vector<ExitedThreads>& out) {
  out = std::exchange(exited_late_, {});
  for (const auto& [key, now] : exits_) {
    const auto before = exits_before_.find(key);
    const ll_exit start = before == exits_before_.end() ? ll_exit{} : before->second;
    if (now.threads != start.threads) {
      out.push_back(Difference(key, now, start));
    }
  }
  std::swap(exits_, exits_before_);
}

void GoneTotals::ReadPeers(std::vector<PeerTotal>& out) {
  out.clear();
  peers_read_ = peers_reader_.Read();
  for (const auto& [key, value] : peers_read_) {
    out.push_back({.tgid = static_cast<pid_t>(key.tgid),
                   .pool = Text(value.name),
                   .peer = {.text = PeerText(key.peer)},
                   .waited = Clock::Duration{static_cast<Clock::Duration::rep>(value.wait_ns)},
                   .waits = static_cast<std::int64_t>(value.waits)});
  }
}

void GoneTotals::Clean(const absl::flat_hash_set<pid_t>& alive) {
  absl::flat_hash_set<pid_t> gone;
  const auto is_over = [&](pid_t tgid) {
    if (tgid == 0 || alive.contains(tgid)) {
      return false;
    }
    gone.insert(tgid);
    return gone_before_.contains(tgid);
  };
  absl::erase_if(exits_before_, [&](const auto& entry) {
    const ll_exit_key key = KeyOf(entry.first.first, entry.first.second);
    return is_over(entry.first.first) && bpf_map_delete_elem(exits_fd_, &key) == 0;
  });
  for (const auto& [key, value] : peers_read_) {
    if (is_over(static_cast<pid_t>(key.tgid))) {
      bpf_map_delete_elem(peers_fd_, &key);
    }
  }
  gone_before_ = std::move(gone);
  CleanCrowdedExits();
  CleanCrowdedPeers();
}

// A thread that ends between the reading and this is told with the next.
void GoneTotals::CleanCrowdedExits() {
  if (exits_before_.size() <= kCrowded) {
    return;
  }
  absl::erase_if(exits_before_, [&](const auto& entry) {
    const auto& [key, now] = entry;
    const auto older = exits_.find(key);  // Of the reading before this one, by now.
    if (key.first == 0 || older == exits_.end() || older->second.threads != now.threads) {
      return false;
    }
    const ll_exit_key kernel_key = KeyOf(key.first, key.second);
    ll_exit last{};
    if (bpf_map_lookup_and_delete_elem(exits_fd_, &kernel_key, &last) != 0) {
      return false;
    }
    if (last.threads != now.threads) {
      exited_late_.push_back(Difference(key, last, now));
    }
    return true;
  });
}

void GoneTotals::CleanCrowdedPeers() {
  absl::flat_hash_map<std::string, __u64> waits;
  if (peers_read_.size() > kCrowded) {
    for (const auto& [key, value] : peers_read_) {
      const std::string bytes = Bytes(key);
      const auto before = peer_waits_before_.find(bytes);
      if (before != peer_waits_before_.end() && before->second == value.waits) {
        bpf_map_delete_elem(peers_fd_, &key);
      } else {
        waits.emplace(bytes, value.waits);
      }
    }
  }
  peer_waits_before_ = std::move(waits);
}

}  // namespace loadline::agent
