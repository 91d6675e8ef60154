// SPDX-License-Identifier: Apache-2.0
// Goal: what is remembered of a thread is found again, whatever the order in which a source tells
// threads and whoever came and went.
// Method: readings by hand, then random ones beside a plain map.
#include "agent/src/model/thread_book.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <vector>

#include "loadline/testing/thread_samples.h"

namespace loadline::agent {
namespace {

struct State {
  int number = 0;
  bool stays = false;
};

class ThreadBookTest : public ::testing::Test {
 protected:
  // Reads threads of these tids. Returns the numbers that are remembered of them; new ones get
  // their tid.
  std::vector<int> Read(const std::vector<pid_t>& tids) {
    std::vector<int> numbers;
    book_.BeginReading(tids.size());
    for (const pid_t tid : tids) {
      const auto [state, is_new, was_there] = book_.At(testing::Thread(1, tid, "t"));
      EXPECT_FALSE(is_new && was_there);
      state.number = is_new ? tid : state.number;
      numbers.push_back(state.number);
    }
    book_.Forget([this](const State& state) {
      gone_.push_back(state.number);
      return !state.stays;
    });
    return numbers;
  }

  ThreadBook<State> book_;
  std::vector<int> gone_;
};

TEST_F(ThreadBookTest, FindsThreadsInAnyOrder) {
  Read({1, 2, 3, 4});
  EXPECT_EQ(Read({4, 2, 1, 3}), (std::vector<int>{4, 2, 1, 3}));
  EXPECT_EQ(Read({1, 2, 3, 4}), (std::vector<int>{1, 2, 3, 4}));
  EXPECT_TRUE(gone_.empty());
}

TEST_F(ThreadBookTest, AThreadThatIsGoneIsForgottenOnce) {
  Read({1, 2, 3});
  Read({1, 3});
  EXPECT_EQ(gone_, (std::vector<int>{2}));
  EXPECT_EQ(book_.size(), 2U);
  Read({1, 3});
  EXPECT_EQ(gone_, (std::vector<int>{2}));
}

TEST_F(ThreadBookTest, ANumberThatCameBackIsANewThread) {
  Read({1, 2});
  ThreadSample again = testing::Thread(1, 2, "t");
  again.started_at_ns += 1;
  book_.BeginReading(2);
  EXPECT_TRUE(book_.At(again).is_new);
}

TEST_F(ThreadBookTest, AThreadThatWasLeftOutForAReadingSaysSo) {
  book_.BeginReading(2);
  book_.At(testing::Thread(1, 1, "t")).state.stays = true;
  book_.At(testing::Thread(1, 2, "t"));
  Read({2});
  book_.BeginReading(2);
  const auto found = book_.At(testing::Thread(1, 1, "t"));
  EXPECT_FALSE(found.is_new);
  EXPECT_FALSE(found.was_there);
  EXPECT_TRUE(book_.At(testing::Thread(1, 2, "t")).was_there);
}

TEST_F(ThreadBookTest, AgreesWithAMapWhateverComesAndGoes) {
  std::mt19937 random(7);  // NOLINT: the same each time.
  std::vector<pid_t> tids;
  std::vector<pid_t> before;
  pid_t last = 0;
  for (int reading = 0; reading < 300; ++reading) {
    std::erase_if(tids, [&](pid_t) { return random() % 16 == 0; });
    for (auto news = random() % 12; news > 0; --news) {
      tids.insert(tids.begin() + static_cast<std::ptrdiff_t>(random() % (tids.size() + 1)), ++last);
    }
    if (reading % 10 == 0) {
      std::ranges::sort(tids);
    }
    gone_.clear();
    EXPECT_EQ(Read(tids), std::vector<int>(tids.begin(), tids.end()));
    std::erase_if(before, [&](pid_t tid) { return std::ranges::count(tids, tid) != 0; });
    std::ranges::sort(before);
    std::ranges::sort(gone_);
    ASSERT_EQ(gone_, std::vector<int>(before.begin(), before.end()));
    ASSERT_EQ(book_.size(), tids.size());
    before = tids;
  }
}

}  // namespace
}  // namespace loadline::agent
