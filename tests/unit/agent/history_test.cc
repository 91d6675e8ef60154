// SPDX-License-Identifier: Apache-2.0
// Goal: the past survives the agent by a file that is whole or the one before, and that only its
// user reads; one that is damaged, or somebody else's, costs the past and nothing else.
// Method: directories of the test's own, clocks that the test moves.
#include "agent/src/daemon/history.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "loadline/testing/fake_clock.h"
#include "loadline/testing/temp_dir.h"

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

class HistoryTest : public ::testing::Test {
 protected:
  HistoryTest() { Start(); }

  void Start() {
    history_.reset();
    absl::StatusOr<StateFile> file = StateFile::Open(State(), "recorder");
    ASSERT_TRUE(file.ok()) << file.status();
    history_ = std::make_unique<History>(*std::move(file), clock_, [this] { return unix_; });
  }
  void Read(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      clock_.Advance(1s);
      unix_ += 1;
      Diagnosed diagnosed;
      PoolCase& one = diagnosed.cases.emplace_back();
      one.process = "shop";
      one.pids = {100};
      one.severity = Severity::kTight;
      one.last.at = clock_.Now();
      one.last.span = 1s;
      one.last.threads = 2;
      one.last.lost.Add(Cause::kLock, "lock 0x10", 2s);
      history_->Add(diagnosed, clock_.Now());
    }
  }
  absl::StatusOr<Diagnosed> Find(double at, double since = 0) const {
    Diagnosed now;
    now.cpus = 77;
    return history_->Find(at, since, now);
  }
  std::string State() const { return dir_.path() + "/state"; }
  std::string File() const { return State() + "/recorder"; }
  static std::string Content(const std::string& path) {
    std::ifstream file(path);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  testing::TempDir dir_;
  testing::FakeClock clock_;
  double unix_ = 1'700'000'000;
  std::unique_ptr<History> history_;
};

TEST_F(HistoryTest, WithoutATimeThePresentIsTheAnswer) {
  Read(5);
  EXPECT_TRUE(Find(0)->cases.empty());
  EXPECT_EQ(Find(0)->cpus, 77);
}

TEST_F(HistoryTest, AWindowAndASpanAreFound) {
  Read(30);
  EXPECT_EQ(Find(unix_ - 10.5)->cases.at(0).process, "shop");
  EXPECT_NEAR(Seconds(Find(0, unix_ - 20)->window), 20, 1.5);
  EXPECT_NEAR(Seconds(Find(unix_ - 10, unix_ - 20)->window), 10, 1.5);
  EXPECT_EQ(Find(unix_ - 100).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(Find(unix_ - 20, unix_ - 10).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(HistoryTest, ThePastSurvivesTheAgent) {
  Read(30);
  history_->Save();
  clock_.Advance(20s);
  unix_ += 20;
  Start();
  Read(3);
  EXPECT_EQ(Find(unix_ - 40)->cases.at(0).parts.at(0).culprit, "lock 0x10");
}

TEST_F(HistoryTest, TheFileIsWrittenEachTenSecondsAndOnlyItsUserReadsIt) {
  Read(9);
  EXPECT_FALSE(std::filesystem::exists(File()));
  Read(2);
  ASSERT_TRUE(std::filesystem::exists(File()));
  const std::string first = Content(File());
  Read(8);
  EXPECT_EQ(Content(File()), first);
  Read(3);
  EXPECT_NE(Content(File()), first);
  struct stat found {};
  ASSERT_EQ(stat(File().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600U);
  ASSERT_EQ(stat(State().c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700U);
  EXPECT_FALSE(std::filesystem::exists(File() + ".new"));
}

TEST_F(HistoryTest, ADamagedFileIsSetAsideAndThePastBeginsAnew) {
  Read(30);
  history_->Save();
  std::filesystem::resize_file(File(), std::filesystem::file_size(File()) / 2);
  const std::string damaged = Content(File());
  Start();
  EXPECT_FALSE(std::filesystem::exists(File()));
  EXPECT_EQ(Content(File() + ".bad"), damaged);
  Read(12);
  EXPECT_TRUE(std::filesystem::exists(File()));
  EXPECT_TRUE(Find(unix_ - 5.5).ok());
  EXPECT_FALSE(Find(unix_ - 30).ok());
}

TEST_F(HistoryTest, AFileThatIsALinkOrThatOthersWriteIsNotRead) {
  Read(30);
  history_->Save();
  std::filesystem::rename(File(), dir_.path() + "/elsewhere");
  std::filesystem::create_symlink(dir_.path() + "/elsewhere", File());
  Start();
  EXPECT_FALSE(Find(unix_ - 10).ok());
  EXPECT_TRUE(std::filesystem::exists(dir_.path() + "/elsewhere"));
  std::filesystem::rename(dir_.path() + "/elsewhere", File());
  ASSERT_EQ(chmod(File().c_str(), 0666), 0);
  Start();
  EXPECT_FALSE(Find(unix_ - 10).ok());
}

TEST_F(HistoryTest, ADraftThatSomebodyLeftIsReplacedAndALinkNotFollowed) {
  std::ofstream(dir_.path() + "/victim") << "precious";
  std::filesystem::create_symlink(dir_.path() + "/victim", File() + ".new");
  Read(12);
  EXPECT_EQ(Content(dir_.path() + "/victim"), "precious");
  EXPECT_TRUE(std::filesystem::exists(File()));
}

TEST_F(HistoryTest, ADirectoryThatOthersCanWriteIsRefused) {
  const std::string open = dir_.path() + "/open";
  std::filesystem::create_directory(open);
  ASSERT_EQ(chmod(open.c_str(), 0777), 0);
  const absl::Status status = StateFile::Open(open, "recorder").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(status.message()), HasSubstr("--state-dir"));
}

TEST_F(HistoryTest, ADirectoryThatCannotBeWrittenCostsTheFileOnly) {
  std::filesystem::remove_all(State());
  Read(25);
  EXPECT_TRUE(Find(unix_ - 10.5).ok());
}

}  // namespace
}  // namespace loadline::agent
