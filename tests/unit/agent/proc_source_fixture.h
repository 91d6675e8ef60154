// SPDX-License-Identifier: Apache-2.0
// What the tests of ProcSource share: a tree like /proc that a test changes between readings.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "agent/src/sampler/proc_source.h"
#include "gtest/gtest.h"
#include "loadline/testing/fake_clock.h"
#include "tests/unit/agent/proc_fake.h"

namespace loadline::testing {

inline constexpr std::uint64_t kMs = 1'000'000;

class ProcSourceTest : public ::testing::Test {
 protected:
  void Begin(const FakeProc::Processes& processes, int cpus = 4) {
    proc_ = std::make_unique<FakeProc>(processes);
    auto source = agent::ProcSource::Create({.root = proc_->top(), .clock = &clock_, .cpus = cpus});
    ASSERT_TRUE(source.ok()) << source.status();
    source_ = *std::move(source);
  }
  const agent::HostReading& Read() {
    EXPECT_TRUE(source_->ReadHost(reading_).ok());
    return reading_;
  }
  const agent::ThreadSample& Thread(pid_t tid) {
    for (const agent::ThreadSample& sample : reading_.threads) {
      if (sample.tid == tid) {
        return sample;
      }
    }
    ADD_FAILURE() << "no thread " << tid;
    static const agent::ThreadSample none;
    return none;
  }
  std::uint64_t Lost(std::string_view what) {
    for (const agent::SourceLoss& loss : reading_.losses) {
      if (loss.what == what) {
        return loss.total;
      }
    }
    ADD_FAILURE() << "no loss " << what;
    return 0;
  }
  void Pass(std::chrono::milliseconds time) {
    clock_.Advance(time);
    uptime_ += std::chrono::duration<double>(time).count();
    proc_->Uptime(uptime_);
  }

  FakeClock clock_;
  double uptime_ = 1000;
  std::unique_ptr<FakeProc> proc_;
  std::unique_ptr<agent::ProcSource> source_;
  agent::HostReading reading_;
};

}  // namespace loadline::testing
