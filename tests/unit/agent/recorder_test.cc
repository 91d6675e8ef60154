// SPDX-License-Identifier: Apache-2.0
// Goal: what was recorded comes back within the quantum, by the time that the wall clock showed;
// whatever happens on a host, the bounds hold; what was saved is loaded, and nothing else is.
// Method: cases as data, seconds that the test counts, a seeded generator.
#include "agent/src/diagnosis/recorder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <random>
#include <string>

#include "agent/src/diagnosis/checksum.h"
#include "agent/src/diagnosis/small_float.h"
#include "fmt/format.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr double kUnix = 1'700'000'000;  // A multiple of ten.

LostPart Lost(Cause cause, std::string culprit, Clock::Duration time, std::uint64_t waits = 0) {
  return {.cause = cause, .culprit = std::move(culprit), .time = time, .waits = waits};
}

class RecorderTest : public ::testing::Test {
 protected:
  RecorderTest() {
    now_.cpus = 2;
    now_.cpu_idle = 0.25;
    now_.source = "bpf";
  }

  // A reading of 1 s of a pool whose threads wait for a database.
  PoolCase Waiting(std::string process, pid_t pid, Severity severity = Severity::kExhausted,
                   std::string culprit = "10.0.0.5:5432") {
    PoolCase one = Pool(std::move(process), pid, 8, 0);
    one.severity = severity;
    Add(one, Lost(Cause::kDependency, std::move(culprit), 7s, 14));
    Add(one, Lost(Cause::kCpu, "", 500ms));
    one.last.queue = 12;
    one.last.awake = 4;
    one.last.clients = 3;
    return one;
  }
  PoolCase Resting(std::string process, pid_t pid) { return Pool(std::move(process), pid, 4, 4); }
  static PoolCase Pool(std::string process, pid_t pid, int threads, int idle) {
    PoolCase one;
    one.process = std::move(process);
    one.container = one.process + ".service";
    one.pool = "worker-*";
    one.pids = {pid};
    one.threads = {.waiting = threads - idle, .idle = idle};
    one.last.threads = threads;
    one.last.resting = one.last.resting_in[static_cast<std::size_t>(WaitReason::kPoll)] = idle;
    one.last.busy = threads - idle;
    one.last.rested = idle * 1s;
    return one;
  }
  static void Add(PoolCase& one, const LostPart& part) {
    one.last.lost.Add(part.cause, part.culprit, part.time, part.waits);
    one.active += Seconds(part.time);
  }

  void Read(std::vector<PoolCase> cases, Clock::Duration span = 1s) {
    at_ += span;
    unix_ += Seconds(span);
    now_.cases = std::move(cases);
    for (PoolCase& one : now_.cases) {
      one.last.at = at_;
      one.last.span = span;
    }
    recorder_->Add(now_, at_, unix_);
  }
  void ReadFor(int seconds, const std::vector<PoolCase>& cases) {
    for (int i = 0; i < seconds; ++i) {
      Read(cases);
    }
  }
  Diagnosed At(double unix_time) const {
    const absl::StatusOr<Diagnosed> then = recorder_->At(unix_time, now_, unix_);
    EXPECT_TRUE(then.ok()) << then.status();
    return then.ok() ? *then : Diagnosed();
  }
  static const PoolCase* Find(const Diagnosed& then, std::string_view process) {
    for (const PoolCase& one : then.cases) {
      if (one.process == process) {
        return &one;
      }
    }
    return nullptr;
  }
  absl::Status StatusAt(double unix_time) const {
    return recorder_->At(unix_time, now_, unix_).status();
  }
  // Another process takes over, after so long.
  void Restart(Clock::Duration after, Clock::Time at) {
    const std::string saved = recorder_->Save();
    unix_ += Seconds(after);
    at_ = at;
    auto loaded = FlightRecorder::Load(saved, at_, unix_);
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    recorder_ = *std::move(loaded);
  }

  std::unique_ptr<FlightRecorder> recorder_ = std::make_unique<FlightRecorder>();
  Diagnosed now_;
  Clock::Time at_{1000s};
  double unix_ = kUnix;
};

TEST(SmallFloatTest, ComesBackWithinItsQuantum) {
  std::mt19937 random(1);
  std::uniform_real_distribution<double> power(-19, 39);
  for (int i = 0; i < 100'000; ++i) {
    const double value = std::exp2(power(random));
    EXPECT_NEAR(FromSmallFloat(ToSmallFloat(value)) / value, 1, kSmallFloatQuantum) << value;
  }
  for (int whole = 0; whole <= 1024; ++whole) {
    EXPECT_EQ(FromSmallFloat(ToSmallFloat(whole)), whole);
  }
  EXPECT_EQ(ToSmallFloat(-1), 0);
  EXPECT_EQ(ToSmallFloat(std::nan("")), 0);
  EXPECT_EQ(FromSmallFloat(ToSmallFloat(1e300)), FromSmallFloat(ToSmallFloat(1e12)));
}

TEST(PoolRecordTest, NoRecordIsLargerThanItsBoundAndEachComesBack) {
  std::mt19937 random(2);
  const auto upto = [&](int most) { return static_cast<int>(random() % (most + 1U)); };
  for (int round = 0; round < 20'000; ++round) {
    PoolRecord record{.pool = static_cast<std::uint16_t>(upto(8191)),
                      .severity = static_cast<Severity>(upto(kSeverityCount - 1)),
                      .severity_seconds = upto(100'000) / 7.0,
                      .clients = upto(1) == 1,
                      .rests = upto(1) == 1,
                      .looks = upto(255),
                      .none_free = upto(255),
                      .undecided = upto(255),
                      .waited_for = upto(255),
                      .awake = upto(255),
                      .threads = {upto(65535), upto(65535), upto(65535), upto(65535)},
                      .free = upto(65535),
                      .rested = upto(1000) / 3.0,
                      .queue = static_cast<double>(upto(5000)),
                      .drops = static_cast<double>(upto(5000)),
                      .parts = {}};
    for (int part = upto(20); part > 0; --part) {
      record.parts.push_back({.cause = static_cast<Cause>(upto(kCauseCount - 1)),
                              .culprit = static_cast<std::uint16_t>(upto(2047)),
                              .seconds = (1 + upto(1000)) / 9.0,
                              .waits = static_cast<double>(upto(3000))});
    }
    const double lost = record.Lost();
    record.Fold(1);
    EXPECT_NEAR(record.Lost(), lost, 1e-9 + lost * 1e-9) << "folding takes nothing away";
    ASSERT_LE(record.parts.size(), PoolRecord::kPartsMax);
    std::string bytes;
    const std::size_t size = Write(record, 1, bytes);
    ASSERT_LE(size, PoolRecord::kBytesMax);
    ByteReader in(bytes);
    const std::optional<PoolRecord> back = ReadRecord(in, 1);
    ASSERT_TRUE(back.has_value());
    EXPECT_TRUE(in.at_end());
    EXPECT_EQ(back->pool, record.pool);
    EXPECT_EQ(back->severity, record.severity);
    EXPECT_EQ(back->clients, record.clients);
    EXPECT_EQ(back->looks, record.looks);
    if (record.IsRest(1)) {
      EXPECT_EQ(size, PoolRecord::kRestBytes);
      continue;
    }
    EXPECT_EQ(back->none_free, record.none_free);
    EXPECT_EQ(back->undecided, record.undecided);
    EXPECT_EQ(back->waited_for, record.waited_for);
    EXPECT_EQ(back->awake, record.awake);
    EXPECT_EQ(back->threads, record.threads);
    EXPECT_EQ(back->free, record.free);
    const auto same = [](double a, double b) {
      return std::abs(a - b) <= kSmallFloatQuantum * std::abs(b);
    };
    EXPECT_TRUE(same(back->severity_seconds, record.severity_seconds));
    EXPECT_TRUE(same(back->rested, record.rested));
    EXPECT_TRUE(same(back->queue, record.queue));
    EXPECT_TRUE(same(back->drops, record.drops));
    ASSERT_EQ(back->parts.size(), record.parts.size());
    for (std::size_t i = 0; i < record.parts.size(); ++i) {
      EXPECT_EQ(back->parts[i].cause, record.parts[i].cause);
      EXPECT_EQ(back->parts[i].culprit, record.parts[i].culprit);
      EXPECT_TRUE(same(back->parts[i].seconds, record.parts[i].seconds));
      EXPECT_TRUE(same(back->parts[i].waits, record.parts[i].waits));
    }
  }
}

TEST_F(RecorderTest, ThePastComesBackAsItWas) {
  PoolCase shop = Waiting("shop", 100);
  shop.severity_for = 42s;
  shop.pids = {100, 101, 102};
  shop.registered = true;
  Read({shop, Resting("idle", 200)});
  ReadFor(30, {Resting("shop", 100), Resting("idle", 200)});
  const Diagnosed then = At(kUnix + 0.5);
  EXPECT_EQ(then.window, 1s);
  EXPECT_EQ(then.ended_ago, 30s);
  EXPECT_EQ(then.cpu_idle, 0.25);
  const PoolCase* one = Find(then, "shop");
  ASSERT_NE(one, nullptr);
  EXPECT_EQ(one->container, "shop.service");
  EXPECT_EQ(one->pool, "worker-*");
  EXPECT_EQ(one->pids, (std::vector<pid_t>{100, 101, 102}));
  EXPECT_TRUE(one->registered);
  EXPECT_EQ(one->severity, Severity::kExhausted);
  EXPECT_EQ(one->severity_for, 42s);
  EXPECT_EQ(one->threads, (ThreadCounts{.waiting = 8}));
  EXPECT_EQ(one->queue, 12U);
  EXPECT_TRUE(one->facts.clients);
  EXPECT_NEAR(one->active, 7.5, 7.5 * kSmallFloatQuantum);
  ASSERT_THAT(one->parts, SizeIs(2));
  EXPECT_EQ(one->parts[0].cause, Cause::kDependency);
  EXPECT_EQ(one->parts[0].culprit, "10.0.0.5:5432");
  EXPECT_EQ(one->parts[0].waits, 14U);
  EXPECT_THAT(one->parts[0].why, IsEmpty());
  EXPECT_THAT(one->doors, IsEmpty()) << "of doors only the queue is kept";
  const PoolCase* rest = Find(then, "idle");
  ASSERT_NE(rest, nullptr);
  EXPECT_EQ(rest->threads, (ThreadCounts{.idle = 4}));
  EXPECT_EQ(rest->active, 0);
  const v1::Report report = MakeReport(then, "", false).value();
  EXPECT_EQ(report.until_seconds_ago(), 30);
  ASSERT_EQ(report.entries_size(), 1);
  EXPECT_EQ(report.entries(0).culprit(), "10.0.0.5:5432");
}

TEST_F(RecorderTest, SecondsAreKeptForTwoMinutesAndTenSecondsForHalfAnHour) {
  ReadFor(40 * 60, {Waiting("shop", 100, Severity::kTight)});
  EXPECT_EQ(recorder_->fine_windows(), 120U);
  EXPECT_LE(recorder_->coarse_windows(), 180U);
  EXPECT_GE(recorder_->coarse_windows(), 179U);
  EXPECT_EQ(At(unix_ - 60).window, 1s);
  EXPECT_EQ(At(unix_ - 300).window, 10s);
  EXPECT_EQ(At(unix_ - 29 * 60).window, 10s);
  EXPECT_EQ(StatusAt(unix_ - 32 * 60).code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(StatusAt(unix_ + 5).code(), absl::StatusCode::kOutOfRange);
  EXPECT_NEAR(Find(At(unix_ - 300), "shop")->active, 7.5, 0.02);
}

TEST_F(RecorderTest, ATimeThatIsNotHeldIsNamedWithWhatIsHeld) {
  EXPECT_THAT(std::string(StatusAt(kUnix).message()), HasSubstr("has just begun"));
  ReadFor(30, {Resting("shop", 100)});
  const std::string text(StatusAt(kUnix - 60).message());
  EXPECT_THAT(text, HasSubstr("is not held"));
  EXPECT_THAT(text, HasSubstr("goes from"));
  EXPECT_EQ(recorder_->Between(kUnix - 60, unix_, now_, unix_).status().code(),
            absl::StatusCode::kOutOfRange);
}

TEST_F(RecorderTest, ASpanIsOneWindowWithTheShareOfEachCause) {
  ReadFor(300, {Waiting("shop", 100, Severity::kExhausted)});
  PoolCase slow = Pool("shop", 100, 8, 0);
  slow.severity = Severity::kExhausted;
  slow.last.clients = 3;
  slow.last.awake = 4;
  Add(slow, Lost(Cause::kStorage, "", 8s, 2));
  ReadFor(100, {slow});
  const absl::StatusOr<Diagnosed> then = recorder_->Between(unix_ - 200, unix_, now_, unix_);
  ASSERT_TRUE(then.ok()) << then.status();
  EXPECT_NEAR(Seconds(then->window), 200, 10);
  const PoolCase* one = Find(*then, "shop");
  ASSERT_NE(one, nullptr);
  EXPECT_NEAR(one->ThreadsOf(Cause::kStorage), 4, 0.3);
  EXPECT_NEAR(one->ThreadsOf(Cause::kDependency), 3.5, 0.3);
  EXPECT_EQ(one->severity, Severity::kExhausted);
  EXPECT_NEAR(Seconds(one->severity_for), 200, 10);
}

TEST_F(RecorderTest, ReadingsTenTimesASecondAreOneWindowOfASecond) {
  for (int i = 0; i < 200; ++i) {
    PoolCase one = Pool("shop", 100, 8, 0);
    one.severity = Severity::kTight;
    Add(one, Lost(Cause::kLock, "lock 0x10", 400ms, 1));
    Read({one}, 100ms);
  }
  const Diagnosed then = At(unix_ - 10.5);
  EXPECT_NEAR(Seconds(then.window), 1, 0.11);
  EXPECT_NEAR(Find(then, "shop")->active, 4, 0.02);
  EXPECT_NEAR(Find(then, "shop")->facts.looks, 10, 1);
}

TEST_F(RecorderTest, TheSecondsAroundAnOnsetStayWhenTheirTimeIsOver) {
  ReadFor(100, {Resting("shop", 100), Resting("other", 200)});
  const double onset = unix_;
  ReadFor(100, {Waiting("shop", 100), Resting("other", 200)});
  EXPECT_EQ(recorder_->kept_aside(), 1U);
  ReadFor(50 * 60, {Resting("shop", 100), Resting("other", 200)});
  const Diagnosed before = At(onset - 30.5);
  EXPECT_EQ(before.window, 1s);
  EXPECT_EQ(Find(before, "shop")->severity, Severity::kAmple);
  const Diagnosed after = At(onset + 30.5);
  EXPECT_EQ(Find(after, "shop")->parts.at(0).culprit, "10.0.0.5:5432");
  EXPECT_EQ(Find(after, "other"), nullptr);
  EXPECT_THAT(after.remarks, SizeIs(1)) << "it is said that others are not kept";
  EXPECT_EQ(StatusAt(onset + 90).code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(StatusAt(onset + 90).message()), HasSubstr("came into trouble"));
}

TEST_F(RecorderTest, APoolThatComesAndGoesIntoTroubleDoesNotPushOthersOut) {
  ReadFor(10, {Resting("shop", 100)});
  for (int i = 0; i < 60; ++i) {
    ReadFor(5, {Waiting("shop", 100)});
    ReadFor(5, {Resting("shop", 100)});
  }
  EXPECT_EQ(recorder_->kept_aside(), 1U);
}

TEST_F(RecorderTest, AWallClockThatIsSetLosesNothing) {
  ReadFor(60, {Waiting("shop", 100)});
  const double before = unix_ - 30;
  unix_ -= 3600;
  ReadFor(60, {Resting("shop", 100)});
  EXPECT_EQ(Find(At(before), "shop")->severity, Severity::kExhausted);
  EXPECT_EQ(Find(At(unix_ - 30), "shop")->severity, Severity::kAmple);
  EXPECT_EQ(recorder_->fine_windows(), 119U);
}

// 5,000 pools, all of them new twice a minute, with culprits of their own.
TEST_F(RecorderTest, WhateverHappensTheBytesAreBoundedAndTheWorstAreKept) {
  std::mt19937 random(3);
  std::size_t most = 0;
  for (int second = 0; second < 130; ++second) {
    std::vector<PoolCase> cases;
    for (int i = 0; i < 5'000; ++i) {
      const pid_t pid = 1 + i + second / 30 * 5'000;
      PoolCase one = Pool(fmt::format("service-with-a-long-name-{}", pid), pid, 8, 1);
      one.pids.resize(1 + random() % 40, pid);
      for (int part = static_cast<int>(random() % 10); part > 0; --part) {
        Add(one, Lost(static_cast<Cause>(random() % kCauseCount),
                      fmt::format("{}{}", std::string(200, 'x'), random() % 100'000),
                      std::chrono::milliseconds(random() % 300), 3));
      }
      one.severity = static_cast<Severity>(random() % 5);
      cases.push_back(std::move(one));
    }
    cases.push_back(Waiting("worst", 999'999, Severity::kStuck, "the peer"));
    std::rotate(cases.begin(), cases.begin() + static_cast<std::ptrdiff_t>(random() % 5'000),
                cases.end());
    Read(std::move(cases));
    most = std::max(most, recorder_->bytes());
    ASSERT_LE(most, FlightRecorder::kBytesMax);
  }
  EXPECT_GT(recorder_->left_out(), 500'000U);
  EXPECT_LE(recorder_->Save().size(), FlightRecorder::kBytesMax);
  for (const double ago : {5.0, 60.0, 125.0}) {
    EXPECT_NE(Find(At(unix_ - ago), "worst"), nullptr) << ago;
  }
}

TEST_F(RecorderTest, ARestartLosesNothingAndARebootNeither) {
  ReadFor(300, {Waiting("shop", 100), Resting("idle", 200)});
  const double then = unix_ - 200;
  const double fine = unix_ - 20;
  Restart(5s, at_ + 5s);
  EXPECT_EQ(Find(At(then), "shop")->parts.at(0).culprit, "10.0.0.5:5432");
  EXPECT_EQ(At(fine).window, 1s);
  ReadFor(60, {Resting("shop", 100)});
  Restart(60s, Clock::Time{3s});  // The steady clock began anew.
  ReadFor(20, {Resting("shop", 100)});
  EXPECT_EQ(Find(At(then), "shop")->severity, Severity::kExhausted);
  EXPECT_EQ(Find(At(unix_ - 10), "shop")->severity, Severity::kAmple);
  EXPECT_EQ(StatusAt(unix_ - 40).code(), absl::StatusCode::kOutOfRange) << "nobody measured then";
  ReadFor(31 * 60, {Resting("shop", 100)});
  EXPECT_EQ(recorder_->coarse_windows(), 180U);
  EXPECT_EQ(StatusAt(then).code(), absl::StatusCode::kOutOfRange);
}

TEST_F(RecorderTest, WhatWasNotSavedSoIsRefusedAndNeverHarms) {
  ReadFor(80, {Waiting("shop", 100), Resting("idle", 200)});
  const std::string saved = recorder_->Save();
  ASSERT_TRUE(FlightRecorder::Load(saved, at_, unix_).ok());
  for (std::size_t size = 0; size < saved.size(); size += 29) {
    EXPECT_EQ(FlightRecorder::Load(saved.substr(0, size), at_, unix_).status().code(),
              absl::StatusCode::kDataLoss);
  }
  for (std::size_t i = 0; i < saved.size(); i += i < 200 ? 1 : 7) {
    std::string damaged = saved;
    damaged[i] = static_cast<char>(damaged[i] ^ 0x41);
    EXPECT_EQ(FlightRecorder::Load(damaged, at_, unix_).status().code(),
              absl::StatusCode::kDataLoss)
        << i;
  }
}

// Damage that the sum does not show.
TEST_F(RecorderTest, BytesWithARightSumAndWrongContentDoNotHarm) {
  ReadFor(30, {Waiting("shop", 100), Resting("idle", 200)});
  const std::string saved = recorder_->Save();
  constexpr std::size_t kHeader = 24;
  std::mt19937 random(4);
  int loaded = 0;
  for (int round = 0; round < 4'000; ++round) {
    std::string damaged = saved;
    for (unsigned i = 0; i <= random() % 3; ++i) {
      damaged[kHeader + random() % (damaged.size() - kHeader)] = static_cast<char>(random());
    }
    const std::uint64_t sum = Checksum(std::string_view(damaged).substr(kHeader));
    std::memcpy(damaged.data() + kHeader - sizeof(sum), &sum, sizeof(sum));
    auto recorder = FlightRecorder::Load(damaged, at_, unix_);
    if (!recorder.ok()) {
      continue;
    }
    ++loaded;
    if (const auto then = (*recorder)->At(unix_ - 15.5, now_, unix_); then.ok()) {
      EXPECT_TRUE(MakeReport(*then, "", true).ok());
    }
    (*recorder)->Between(unix_ - 25, unix_, now_, unix_).IgnoreError();
    (*recorder)->Add(now_, at_ + 200s, unix_ + 200);
    EXPECT_LE((*recorder)->bytes(), FlightRecorder::kBytesMax);
    EXPECT_FALSE((*recorder)->Save().empty());
  }
  EXPECT_GT(loaded, 100) << "some damage changes figures only";
}

}  // namespace
}  // namespace loadline::agent
