// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "agent/demo/sample.h"
#include "loadline/clock.h"

namespace loadline::demo {

// Sends requests on a fixed schedule, whatever becomes of those before: an open loop, as the world
// is. One thread, one connection per request.
//
// The schedule is evenly spaced rather than random: in 90 s the noise of random arrivals would hide
// the few per cent that the comparison is about.
//
// Thread safety: one thread at a time.
class LoadGenerator {
 public:
  struct Stream {
    Endpoint endpoint = Endpoint::kIndependent;
    std::string url_prefix;   // A running number is appended: "http://127.0.0.1:80/price/".
    double per_second = 100;  // > 0.
  };
  struct Options {
    std::vector<Stream> streams;
    Clock::Duration timeout = std::chrono::seconds{2};  // Then the client gives up; > 0.
  };

  // Starts at once. `clock` must outlive the generator.
  static absl::StatusOr<std::unique_ptr<LoadGenerator>> Start(const Options& options,
                                                              const Clock& clock);
  virtual ~LoadGenerator() = default;  // Abandons what is outstanding; joins.

  // Nothing more is sent; what is outstanding may still end.
  virtual void StopSending() = 0;

  virtual int outstanding() const = 0;

  // The requests that ended since the call before.
  virtual std::vector<Sample> Take() = 0;

  // The 99th percentile of how late requests were sent: what of the latencies is the client's own.
  virtual Clock::Duration LagP99() const = 0;
};

}  // namespace loadline::demo
