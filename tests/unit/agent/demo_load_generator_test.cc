// SPDX-License-Identifier: Apache-2.0
// Goal: the load is an open loop: a server that hangs neither slows the schedule nor is forgiven.
// Method: a real HTTP server on the loopback, and a schedule in simulated time.
#include "agent/demo/load_generator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <httplib.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "absl/strings/str_cat.h"
#include "agent/demo/schedule.h"
#include "loadline/steady_clock.h"

namespace loadline::demo {
namespace {

using std::chrono_literals::operator""ms;
using std::chrono_literals::operator""s;

TEST(ScheduleTest, RoundingDoesNotAddUp) {
  Schedule schedule(Clock::Time{}, 150);
  for (int i = 0; i < 150 * 3600; ++i) {
    schedule.Advance();
  }
  EXPECT_NEAR(std::chrono::duration<double>(schedule.next().time_since_epoch()).count(), 3600,
              1e-6);
}

class LoadGeneratorTest : public ::testing::Test {
 protected:
  LoadGeneratorTest() {
    server_.Get("/ok/(\\d+)", [](const httplib::Request&, httplib::Response&) {});
    server_.Get("/full/(\\d+)", [](const httplib::Request&, httplib::Response& response) {
      response.status = 503;
    });
    server_.Get("/bad/(\\d+)", [](const httplib::Request&, httplib::Response& response) {
      response.status = 500;
    });
    server_.Get("/hang/(\\d+)", [this](const httplib::Request&, httplib::Response&) {
      std::unique_lock lock(mutex_);
      let_go_.wait(lock, [this] { return going_; });
    });
    port_ = server_.bind_to_any_port("127.0.0.1");
    thread_ = std::thread([this] { server_.listen_after_bind(); });
  }
  ~LoadGeneratorTest() override {
    {
      const std::lock_guard lock(mutex_);
      going_ = true;
    }
    let_go_.notify_all();
    server_.stop();
    thread_.join();
  }

  std::unique_ptr<LoadGenerator> Load(const std::string& path, double per_second,
                                      Clock::Duration timeout) const {
    auto load = LoadGenerator::Start(
        {.streams = {{.endpoint = Endpoint::kDependent,
                      .url_prefix = absl::StrCat("http://127.0.0.1:", port_, path),
                      .per_second = per_second}},
         .timeout = timeout},
        SteadyClock::Get());
    EXPECT_TRUE(load.ok()) << load.status();
    return *std::move(load);
  }

  // Waits, without reading a clock, until `count` requests have ended.
  static std::vector<Sample> Ended(LoadGenerator& load, std::size_t count) {
    std::vector<Sample> all;
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    for (int tries = 0; all.size() < count && tries < 2000; ++tries) {
      for (const Sample& sample : load.Take()) {
        all.push_back(sample);
      }
      never.wait_for(lock, 10ms);
    }
    return all;
  }

  static Answer AnswerOf(const std::vector<Sample>& samples) {
    EXPECT_FALSE(samples.empty());
    return samples.empty() ? Answer::kFailed : samples.front().answer;
  }

  httplib::Server server_;
  std::mutex mutex_;
  std::condition_variable let_go_;
  bool going_ = false;
  int port_ = 0;
  std::thread thread_;
};

TEST_F(LoadGeneratorTest, TellsServedRefusedAndFailedApart) {
  EXPECT_EQ(AnswerOf(Ended(*Load("/ok/", 50, 2s), 1)), Answer::kServed);
  EXPECT_EQ(AnswerOf(Ended(*Load("/full/", 50, 2s), 1)), Answer::kRefused);
  EXPECT_EQ(AnswerOf(Ended(*Load("/bad/", 50, 2s), 1)), Answer::kFailed);
}

TEST_F(LoadGeneratorTest, RequestsAreDueEvenlySpaced) {
  const std::vector<Sample> samples = Ended(*Load("/ok/", 100, 2s), 20);
  ASSERT_GE(samples.size(), 20U);
  for (const Sample& sample : samples) {
    EXPECT_EQ((sample.due - samples.front().due) % 10ms, 0ms);
    EXPECT_GT(sample.latency(), 0ms);
  }
}

TEST_F(LoadGeneratorTest, AHangingServerDoesNotSlowTheScheduleAndFailsAfterTheTimeout) {
  const std::unique_ptr<LoadGenerator> load = Load("/hang/", 200, 300ms);
  const std::vector<Sample> samples = Ended(*load, 100);
  ASSERT_GE(samples.size(), 100U);
  for (const Sample& sample : samples) {
    EXPECT_EQ(sample.answer, Answer::kFailed);
    EXPECT_GE(sample.latency(), 290ms);  // The timeout is curl's, in whole milliseconds.
  }
  EXPECT_GT(load->outstanding(), 0);
}

TEST_F(LoadGeneratorTest, NothingIsSentAfterStopSendingAndWhatIsOutstandingEnds) {
  const std::unique_ptr<LoadGenerator> load = Load("/ok/", 200, 2s);
  Ended(*load, 5);
  load->StopSending();
  Ended(*load, static_cast<std::size_t>(load->outstanding()));
  for (int tries = 0; tries < 500 && load->outstanding() > 0; ++tries) {
    Ended(*load, 1);
  }
  EXPECT_EQ(load->outstanding(), 0);
}

}  // namespace
}  // namespace loadline::demo
