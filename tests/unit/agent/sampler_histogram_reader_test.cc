// SPDX-License-Identifier: Apache-2.0
// Goal: what the kernel counts per CPU and for ever is told once, in differences, also when a count
// wraps. Method: an array like the kernel's, in memory.
#include <gtest/gtest.h>

#include <chrono>

#include "agent/src/kernel/histogram_reader.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t kCpus = 2;
constexpr std::uint32_t kPools = 3;

class HistogramReaderTest : public ::testing::Test {
 protected:
  ll_histogram& At(std::uint32_t cpu, std::uint32_t pool, std::uint32_t kind) {
    return shared_[ll_histogram_index(cpu, kPools, pool, kind)];
  }
  void Wait(std::uint32_t cpu, std::uint32_t pool, std::uint32_t kind, std::uint64_t ns) {
    At(cpu, pool, kind).sum_ns += ns;
    ++At(cpu, pool, kind).counts[ll_histogram_bucket(ns)];
  }
  std::vector<WaitHistogram> Read() {
    std::vector<WaitHistogram> news;
    reader_.Read(news);
    return news;
  }

  std::vector<ll_histogram> shared_{std::size_t{kCpus} * kPools * LL_HISTOGRAM_KINDS};
  HistogramReader reader_{shared_, kPools};
};

TEST_F(HistogramReaderTest, AddsTheCpusUpAndTellsEachWaitOnce) {
  Wait(0, 1, LL_WAIT_NETWORK, 1'000'000);
  Wait(1, 1, LL_WAIT_NETWORK, 1'000'000);
  Wait(1, 2, LL_HISTOGRAM_RUNQ, 5'000);
  const auto news = Read();
  ASSERT_EQ(news.size(), 2u);
  EXPECT_EQ(news[0].histogram, 1u);
  EXPECT_EQ(news[0].kind, static_cast<std::size_t>(LL_WAIT_NETWORK));
  EXPECT_EQ(news[0].waits.count(), 2u);
  EXPECT_EQ(news[0].waits.sum(), 2ms);
  EXPECT_EQ(news[1].histogram, 2u);
  EXPECT_EQ(news[1].kind, kRunQueueKind);
  EXPECT_TRUE(Read().empty());
}

TEST_F(HistogramReaderTest, ACountThatWrapsDoesNoHarm) {
  ll_histogram& histogram = At(0, 1, LL_WAIT_LOCK);
  histogram.counts[20] = 0xfffffffe;
  histogram.sum_ns = ~std::uint64_t{0} - 10;
  Read();
  histogram.counts[20] += 5;
  histogram.sum_ns += 50;
  const auto news = Read();
  ASSERT_EQ(news.size(), 1u);
  EXPECT_EQ(news[0].waits.count(), 5u);
  EXPECT_EQ(news[0].waits.sum(), 50ns);
}

TEST_F(HistogramReaderTest, AWaitOfNoTimeAtAllIsTold) {
  Wait(0, 1, LL_HISTOGRAM_RUNQ, 0);
  ASSERT_EQ(Read().size(), 1u);
  EXPECT_TRUE(Read().empty());
}

TEST_F(HistogramReaderTest, WhatWasCountedForSomebodyElseIsNotTold) {
  Wait(0, 1, LL_WAIT_DISK, 1'000'000);
  reader_.Restart(1);
  EXPECT_TRUE(Read().empty());
  Wait(0, 1, LL_WAIT_DISK, 1'000'000);
  EXPECT_EQ(Read().size(), 1u);
}

}  // namespace
}  // namespace loadline::agent
