// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace loadline::demo {

// One message of the agent's Host/WatchPools as plain values: what the screen and the report show.
// The names and units are those of loadline/v1/host.proto.
struct Tally {
  std::string name;  // A wait reason or a peer's address.
  int threads = 0;   // That wait for it now.
};

struct LimiterView {
  std::string name;
  std::string mode;
  double limit = 0;
  int in_flight = 0;
  int queued = 0;
  std::uint64_t rejected = 0;  // Total, of all causes.
  std::string reason;          // Of the decision in force.
  std::string bottleneck;
  std::string signal_source;
};

struct SizeView {
  int threads = 0;
  int target = 0;
  int queued = 0;
  std::string reason;  // Of the last size.
};

struct PoolView {
  std::string process;
  std::string pool;
  pid_t pid = 0;
  bool registered = false;
  int threads = 0;
  int working = 0;
  int runnable = 0;
  int waiting = 0;
  int idle = 0;
  std::vector<Tally> waits;  // Most threads first; without "idle".
  std::vector<Tally> peers;  // Most threads first.
  std::vector<LimiterView> limiters;
  std::optional<SizeView> size;
};

struct HostView {
  std::string source;  // "bpf": how the agent measures.
  int cpus = 0;
  double cpu_idle = 0;  // Share of all CPUs.
  std::vector<PoolView> pools;
};

}  // namespace loadline::demo
