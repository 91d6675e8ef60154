// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "agent/src/sampler/thread_sample.h"
#include "loadline_abi/histogram.h"

namespace loadline::agent {

// Turns the histograms that the kernel counts, per CPU and for ever, into what each reading
// brought.
//
// Counts are summed over CPUs and subtracted modulo 2^32, so that a counter which wraps does no
// harm; a reading would have to miss four billion waits. One that did not change is not looked at:
// its sum of times and the count of waits so short that they may add nothing to it tell. 850 bytes
// of memory per pool and kind.
//
// Thread safety: none.
class HistogramReader {
 public:
  // `shared` is the kernel's array, by ll_histogram_index(), and must outlive the reader. What was
  // counted before is not told.
  HistogramReader(std::span<const ll_histogram> shared, std::uint32_t pools);

  std::uint32_t pools() const { return pools_; }

  // Appends what is new of each that has something new.
  void Read(std::vector<WaitHistogram>& out);

  // From here on the pool's histograms are somebody else's.
  void Restart(std::uint32_t pool);

 private:
  struct Sum {
    std::uint64_t sum_ns = 0;
    std::uint32_t counts[LL_HISTOGRAM_BUCKETS] = {};
  };

  bool HasNews(std::uint32_t pool, std::uint32_t kind, const Sum& last) const;
  Sum Total(std::uint32_t pool, std::uint32_t kind) const;
  Sum& Last(std::uint32_t pool, std::uint32_t kind) {
    return last_[pool * LL_HISTOGRAM_KINDS + kind];
  }

  const std::span<const ll_histogram> shared_;
  const std::uint32_t pools_;
  const std::uint32_t cpus_;
  std::vector<Sum> last_;  // As ll_histogram_index() of CPU 0.
};

}  // namespace loadline::agent
