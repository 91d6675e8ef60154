// SPDX-License-Identifier: Apache-2.0
#include "agent/demo/load_generator.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <mutex>
#include <thread>
#include <unordered_map>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/demo/http_multi.h"
#include "agent/demo/schedule.h"
#include "loadline/histogram.h"

namespace loadline::demo {
namespace {

using std::chrono_literals::operator""ms;

Answer AnswerOf(long status) {
  if (status >= 200 && status < 300) {
    return Answer::kServed;
  }
  return status == 503 ? Answer::kRefused : Answer::kFailed;
}

class OpenLoop final : public LoadGenerator {
 public:
  OpenLoop(const Options& options, std::unique_ptr<HttpMulti> http, const Clock& clock)
      : streams_(options.streams), http_(std::move(http)), clock_(clock) {
    const Clock::Time start = clock_.Now();
    Clock::Duration offset{};
    for (const Stream& stream : streams_) {
      schedules_.emplace_back(start + offset, stream.per_second);
      offset += 1ms;  // Streams with a common period would always send together.
    }
    thread_ = std::thread([this] { Run(); });
  }

  ~OpenLoop() override {
    stopping_ = true;
    http_->Wake();
    thread_.join();
  }

  void StopSending() override {
    sending_ = false;
    http_->Wake();
  }

  int outstanding() const override { return outstanding_; }

  std::vector<Sample> Take() override {
    const std::lock_guard lock(mutex_);
    return std::exchange(ended_, {});
  }

  Clock::Duration LagP99() const override {
    const std::lock_guard lock(mutex_);
    return Clock::Duration{lag_.QuantileAtMost(0.99)};
  }

 private:
  struct Outstanding {
    Endpoint endpoint;
    Clock::Time due;
  };

  void Run() {
    std::vector<HttpMulti::Done> done;
    while (!stopping_) {
      const Clock::Time next = SendDue();
      done.clear();
      http_->Poll(next, done);
      Record(done);
    }
  }

  // Returns when the next request is due.
  Clock::Time SendDue() {
    const Clock::Time now = clock_.Now();
    Clock::Time next = now + kIdle;
    for (std::size_t i = 0; i < streams_.size() && sending_; ++i) {
      Schedule& schedule = schedules_[i];
      while (schedule.next() <= now) {
        Send(streams_[i], schedule.next(), schedule.sent());
        schedule.Advance();
      }
      next = std::min(next, schedule.next());
    }
    return next;
  }

  void Send(const Stream& stream, Clock::Time due, std::int64_t number) {
    const std::uint64_t id = ++last_id_;
    requests_.emplace(id, Outstanding{.endpoint = stream.endpoint, .due = due});
    http_->Get(absl::StrCat(stream.url_prefix, number), id);
    ++outstanding_;
    const std::lock_guard lock(mutex_);
    lag_.Add((clock_.Now() - due).count());
  }

  void Record(const std::vector<HttpMulti::Done>& done) {
    if (done.empty()) {
      return;
    }
    const Clock::Time now = clock_.Now();
    const std::lock_guard lock(mutex_);
    for (const HttpMulti::Done& request : done) {
      const auto found = requests_.find(request.id);
      ended_.push_back({.endpoint = found->second.endpoint,
                        .answer = AnswerOf(request.status),
                        .due = found->second.due,
                        .finished = now});
      requests_.erase(found);
    }
    outstanding_ -= static_cast<int>(done.size());
  }

  static constexpr Clock::Duration kIdle = std::chrono::seconds{1};  // When nothing is sent.
  const std::vector<Stream> streams_;
  const std::unique_ptr<HttpMulti> http_;
  const Clock& clock_;
  std::vector<Schedule> schedules_;  // The loop's own, as the next two.
  std::unordered_map<std::uint64_t, Outstanding> requests_;
  std::uint64_t last_id_ = 0;
  std::atomic<bool> stopping_ = false;
  std::atomic<bool> sending_ = true;
  std::atomic<int> outstanding_ = 0;
  mutable std::mutex mutex_;
  std::vector<Sample> ended_;  // Guarded by mutex_, as the next.
  Histogram lag_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<LoadGenerator>> LoadGenerator::Start(const Options& options,
                                                                    const Clock& clock) {
  absl::StatusOr<std::unique_ptr<HttpMulti>> http = HttpMulti::Create(options.timeout, clock);
  if (!http.ok()) {
    return http.status();
  }
  return std::make_unique<OpenLoop>(options, *std::move(http), clock);
}

}  // namespace loadline::demo
