// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/live_meter.h"

#include <chrono>

#include "agent/demo/scoreboard.h"
#include "loadline/histogram.h"

namespace loadline::demo {
namespace {

using std::chrono_literals::operator""s;

constexpr Clock::Duration kSecond = 1s;
constexpr Clock::Duration kRecent = 3s;      // 1 % of 100/s is one request in a second: too few.
constexpr std::size_t kHistorySeconds = 40;  // What a line of the screen has room for.

}  // namespace

void LiveMeter::Add(const Sample& sample) {
  recent_.push_back(sample);
  if (IsGood(sample)) {
    ++second_good_[static_cast<std::size_t>(sample.endpoint)];
  }
}

void LiveMeter::Advance(Clock::Time now) {
  while (!recent_.empty() && recent_.front().finished < now - kRecent) {
    recent_.pop_front();
  }
  while (now - second_begin_ >= kSecond) {
    for (std::size_t i = 0; i < kEndpoints.size(); ++i) {
      history_[i].push_back(second_good_[i]);
      if (history_[i].size() > kHistorySeconds) {
        history_[i].pop_front();
      }
    }
    second_good_ = {};
    second_begin_ += kSecond;
  }
}

LiveMeter::Reading LiveMeter::Read(Endpoint endpoint, Clock::Time now) const {
  Histogram latencies;
  int good = 0;
  for (const Sample& sample : recent_) {
    if (sample.endpoint == endpoint) {
      latencies.Add(sample.latency().count());
      good += IsGood(sample) && sample.finished > now - kSecond ? 1 : 0;
    }
  }
  const std::deque<double>& history = history_[static_cast<std::size_t>(endpoint)];
  return {.good_per_second = static_cast<double>(good),
          .p99_ms = static_cast<double>(latencies.QuantileAtMost(0.99)) / 1e6,
          .history = {history.begin(), history.end()}};
}

}  // namespace loadline::demo
