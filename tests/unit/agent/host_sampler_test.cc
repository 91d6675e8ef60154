// SPDX-License-Identifier: Apache-2.0
// Goal: the sampler keeps to its budget: over it the source measures less, the view says so, and
// all comes back. Method: a scripted source, a clock and a cost that the test moves.
#include "agent/src/daemon/host_sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "loadline/testing/fake_clock.h"
#include "loadline/testing/fake_ledgers.h"
#include "loadline/testing/scripted_source.h"
#include "loadline/testing/thread_samples.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using testing::Thread;

class HostSamplerTest : public ::testing::Test {
 protected:
  HostSamplerTest() {
    v1::Hello hello;
    hello.set_service("orders");
    hello.set_protocol_version(1);
    EXPECT_TRUE(registry_.Open(100, hello).ok());
    source_.Edit([](HostReading& reading) {
      reading.threads = {Thread(100, 100, "orders"), Thread(200, 200, "other")};
    });
  }

  // A second each, in which the agent uses this share of a CPU.
  void Read(int times, double share) {
    for (int i = 0; i < times; ++i) {
      clock_.Advance(1s);
      cpu_seconds_ += share;
      ASSERT_TRUE(sampler_.Read().ok());
    }
  }
  bool Shows(const std::string& process) const {
    const HostView view = board_.Read();
    return std::ranges::find(view.rows, process, &PoolRow::process) != view.rows.end();
  }

  testing::FakeClock clock_;
  testing::ScriptedSource source_;
  Registry registry_{{}, clock_};
  ViewBoard board_;
  double cpu_seconds_ = 0;
  HostSampler sampler_{{.own_tgid = 1,
                        .budget = {.share_max = 0.01},
                        .own_cpu_seconds = [this] { return cpu_seconds_; }},
                       source_,
                       registry_,
                       board_,
                       clock_};
};

TEST_F(HostSamplerTest, WithinItsBudgetItMeasuresEverything) {
  Read(100, 0.005);
  EXPECT_EQ(board_.Read().detail.measured, Detail());
  EXPECT_TRUE(Shows("other"));
}

TEST_F(HostSamplerTest, FarOverItReadsRegisteredProcessesOnlyAndSaysSo) {
  Read(40, 0.05);
  const DetailView detail = board_.Read().detail;
  EXPECT_TRUE(detail.agent_over_budget);
  for (const Feature feature : kFeatures) {
    EXPECT_TRUE(detail.is_dropped(feature)) << Name(feature);
    EXPECT_FALSE(source_.detail().has(feature)) << Name(feature);
  }
  EXPECT_TRUE(Shows("orders"));
  EXPECT_FALSE(Shows("other"));
}

// Without a session: it reads its own counters, and the kernel counts its threads all the same.
TEST_F(HostSamplerTest, WhoHasALedgerIsReadWithTheRegistered) {
  testing::FakeLedgers ledgers;
  source_.set_ledgers(&ledgers);
  source_.Edit([](HostReading& reading) {
    reading.threads = {Thread(100, 100, "orders"), Thread(200, 200, "other"),
                       Thread(300, 300, "mapped"), Thread(301, 300, "mapped")};
  });
  ASSERT_TRUE(ledgers.Open(300).ok());
  ASSERT_TRUE(ledgers.Open(100).ok());  // Has both.
  Read(40, 0.05);
  EXPECT_TRUE(Shows("orders"));
  EXPECT_TRUE(Shows("mapped"));
  EXPECT_FALSE(Shows("other"));
  source_.Edit([](HostReading& reading) { reading.threads.resize(2); });
  Read(2, 0.05);  // The first adds up what it did at last.
  EXPECT_FALSE(Shows("mapped")) << "it ended";
}

TEST_F(HostSamplerTest, WhenThereIsRoomAllComesBack) {
  Read(40, 0.05);
  Read(200, 0.001);
  EXPECT_EQ(board_.Read().detail.measured, Detail());
  EXPECT_EQ(source_.detail(), Detail());
  EXPECT_TRUE(Shows("other"));
}

}  // namespace
}  // namespace loadline::agent
