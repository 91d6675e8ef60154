// SPDX-License-Identifier: Apache-2.0
// Goal: a report is 8 KB of JSON at most, whatever the host, and counts what it leaves out.
// Method: reports made by a seeded generator, up to 500 pools with names of 64 bytes of any kind.
#include "agent/src/publish/report_json.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "report_examples.h"

namespace loadline::agent {
namespace {

using testing::BusyHost;
using ::testing::HasSubstr;
using testing::QuietHost;

class Generator {
 public:
  explicit Generator(unsigned seed) : random_(seed) {}

  int Upto(int most) { return std::uniform_int_distribution<int>(0, most)(random_); }

  // Also of characters that JSON writes as six.
  std::string Text(int most) {
    static constexpr char kCharacters[] = "abcdefgh-*/<>&\"\\";
    std::string text(static_cast<std::size_t>(Upto(most)), ' ');
    for (char& c : text) {
      c = kCharacters[Upto(sizeof kCharacters - 2)];
    }
    return text;
  }

  v1::ReportPool Pool() {
    v1::ReportPool pool;
    pool.set_process(Text(64));
    pool.set_pool(Text(64));
    pool.set_container(Text(64));
    pool.set_severity("exhausted");
    pool.set_severity_why(Text(200));
    pool.set_share(1.0 / (1 + Upto(1000)));
    for (int i = Upto(6); i > 0; --i) {
      pool.add_causes()->set_culprit(Text(64));
      pool.add_doors()->set_address(Text(108));
    }
    return pool;
  }

  v1::Report Report(int entries) {
    v1::Report report = QuietHost();
    for (int i = 0; i < entries; ++i) {
      v1::ReportEntry& entry = *report.add_entries();
      entry.set_cause("dependency");
      entry.set_culprit("culprit " + std::to_string(i));
      entry.add_advice(Text(500));
      for (int pools = 1 + Upto(3); pools > 0; --pools) {
        *entry.add_pools() = Pool();
      }
      entry.set_pools_more(static_cast<unsigned>(Upto(9)));
    }
    for (int i = Upto(4); i > 0; --i) {
      report.add_cannot_know(Text(200));
    }
    return report;
  }

 private:
  std::mt19937 random_;
};

// All pools that entries have, named or not; of entries left out too.
unsigned long Pools(const v1::ReportEntry& entry) {
  return static_cast<unsigned long>(entry.pools_size()) + entry.pools_more();
}

TEST(ReportJsonTest, AnyReportFitsAndCountsWhatItLeavesOut) {
  for (unsigned seed = 0; seed < 60; ++seed) {
    Generator generator(seed);
    const v1::Report whole = generator.Report(seed == 0 ? 500 : generator.Upto(40));
    const v1::Report fit = FitTo(whole, kReportBytesMax);

    ASSERT_LE(AsJson(fit)->size(), kReportBytesMax) << "seed " << seed;
    ASSERT_EQ(fit.entries_size() + static_cast<int>(fit.entries_more()), whole.entries_size());
    ASSERT_EQ(fit.cannot_know_size() + static_cast<int>(fit.cannot_know_more()),
              whole.cannot_know_size());
    for (int i = 0; i < fit.entries_size(); ++i) {
      ASSERT_EQ(fit.entries(i).culprit(), whole.entries(i).culprit()) << "the first are kept";
      ASSERT_EQ(Pools(fit.entries(i)), Pools(whole.entries(i)));
      for (int j = 0; j < fit.entries(i).pools_size(); ++j) {
        const v1::ReportPool& left = fit.entries(i).pools(j);
        const v1::ReportPool& had = whole.entries(i).pools(j);
        ASSERT_EQ(left.process(), had.process());
        ASSERT_EQ(left.causes_size() + static_cast<int>(left.causes_more()), had.causes_size());
        ASSERT_EQ(left.doors_size() + static_cast<int>(left.doors_more()), had.doors_size());
      }
    }
  }
}

TEST(ReportJsonTest, NoMoreIsLeftOutThanHasToBe) {
  Generator generator(7);
  const v1::Report whole = generator.Report(500);
  const v1::Report fit = FitTo(whole, kReportBytesMax);
  EXPECT_GT(AsJson(fit)->size(), kReportBytesMax - 2200) << "another entry would have had room";
  const std::size_t size = AsJson(fit)->size();
  EXPECT_EQ(FitTo(whole, size).entries_size(), fit.entries_size());
}

TEST(ReportJsonTest, AnEntryKeepsItsWorstPoolAsLongAsCanBe) {
  v1::Report report = QuietHost();
  for (int i = 0; i < 6; ++i) {
    v1::ReportEntry& entry = *report.add_entries();
    for (int j = 0; j < 4; ++j) {
      entry.add_pools()->set_process(std::string(64, 'p'));
    }
  }
  const v1::Report fit = FitTo(report, 5000);
  ASSERT_EQ(fit.entries_size(), 6);
  EXPECT_EQ(fit.entries(5).pools_size(), 1);
  EXPECT_EQ(fit.entries(5).pools_more(), 3u);
}

TEST(ReportJsonTest, AShortReportStaysAsItIs) {
  EXPECT_TRUE(google::protobuf::util::MessageDifferencer::Equals(FitTo(BusyHost(), kReportBytesMax),
                                                                 BusyHost()));
}

TEST(ReportJsonTest, NumbersAreRoundedAndLongTextsAreCutBetweenCharacters) {
  v1::Report report = QuietHost();
  report.mutable_host()->set_cpu_idle(1.0 / 3);
  v1::ReportEntry& entry = *report.add_entries();
  for (int i = 0; i < 500; ++i) {
    entry.mutable_why()->append("ü");
  }
  entry.add_pools()->mutable_longest_wait()->set_unix_time(1796094727.1239);
  const v1::Report fit = FitTo(report, kReportBytesMax);
  EXPECT_EQ(fit.host().cpu_idle(), 0.333333);
  EXPECT_EQ(fit.entries(0).why().size(), 399u);
  EXPECT_TRUE(fit.entries(0).why().ends_with("ü~"));
  EXPECT_EQ(fit.entries(0).pools(0).longest_wait().unix_time(), 1796094727.124);
}

TEST(ReportJsonTest, ARoomTooSmallForAnythingLeavesTheHost) {
  const v1::Report fit = FitTo(BusyHost(), 10);
  EXPECT_EQ(fit.entries_size(), 0);
  EXPECT_EQ(fit.entries_more(), 2u);
  EXPECT_EQ(fit.host().cpus(), 2u);
}

TEST(ReportJsonTest, FieldsHaveTheNamesOfTheProtoAndZerosAreThere) {
  EXPECT_THAT(*AsJson(QuietHost()), HasSubstr("\"pools_more\":41"));
  EXPECT_THAT(*AsJson(QuietHost()), HasSubstr("\"entries\":[]"));
}

}  // namespace
}  // namespace loadline::agent
