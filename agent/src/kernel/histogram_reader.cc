// SPDX-License-Identifier: Apache-2.0
#include "agent/src/kernel/histogram_reader.h"

namespace loadline::agent {

HistogramReader::HistogramReader(std::span<const ll_histogram> shared, std::uint32_t pools)
    : shared_(shared),
      pools_(pools),
      cpus_(static_cast<std::uint32_t>(shared.size() / (std::size_t{pools} * LL_HISTOGRAM_KINDS))),
      last_(std::size_t{pools} * LL_HISTOGRAM_KINDS) {
  for (std::uint32_t pool = 0; pool < pools_; ++pool) {
    Restart(pool);
  }
}

void HistogramReader::Restart(std::uint32_t pool) {
  for (std::uint32_t kind = 0; kind < LL_HISTOGRAM_KINDS; ++kind) {
    Last(pool, kind) = Total(pool, kind);
  }
}

void HistogramReader::Read(std::vector<WaitHistogram>& out) {
  for (std::uint32_t pool = 0; pool < pools_; ++pool) {
    for (std::uint32_t kind = 0; kind < LL_HISTOGRAM_KINDS; ++kind) {
      Sum& last = Last(pool, kind);
      if (!HasNews(pool, kind, last)) {
        continue;
      }
      const Sum now = Total(pool, kind);
      WaitHistogram& news = out.emplace_back();
      news.histogram = pool;
      news.kind = kind;
      news.waits.AddTime(
          Clock::Duration{static_cast<Clock::Duration::rep>(now.sum_ns - last.sum_ns)});
      for (std::size_t bucket = 0; bucket < LL_HISTOGRAM_BUCKETS; ++bucket) {
        news.waits.Add(bucket, now.counts[bucket] - last.counts[bucket]);
      }
      last = now;
    }
  }
}

bool HistogramReader::HasNews(std::uint32_t pool, std::uint32_t kind, const Sum& last) const {
  std::uint64_t sum_ns = 0;
  std::uint32_t shortest = 0;
  for (std::uint32_t cpu = 0; cpu < cpus_; ++cpu) {
    const ll_histogram& histogram = shared_[ll_histogram_index(cpu, pools_, pool, kind)];
    sum_ns += __atomic_load_n(&histogram.sum_ns, __ATOMIC_RELAXED);
    shortest += __atomic_load_n(&histogram.counts[0], __ATOMIC_RELAXED);
  }
  return sum_ns != last.sum_ns || shortest != last.counts[0];
}

// The kernel adds meanwhile, to the time before the count: what is between is told next time.
HistogramReader::Sum HistogramReader::Total(std::uint32_t pool, std::uint32_t kind) const {
  Sum sum;
  for (std::uint32_t cpu = 0; cpu < cpus_; ++cpu) {
    const ll_histogram& histogram = shared_[ll_histogram_index(cpu, pools_, pool, kind)];
    sum.sum_ns += __atomic_load_n(&histogram.sum_ns, __ATOMIC_ACQUIRE);
    for (std::size_t bucket = 0; bucket < LL_HISTOGRAM_BUCKETS; ++bucket) {
      sum.counts[bucket] += __atomic_load_n(&histogram.counts[bucket], __ATOMIC_RELAXED);
    }
  }
  return sum;
}

}  // namespace loadline::agent
