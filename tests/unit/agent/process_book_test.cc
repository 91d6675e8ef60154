// SPDX-License-Identifier: Apache-2.0
// Goal: a process is called what its first thread is called, whether or not that is still there.
// Method: readings of a few threads, and somebody to ask who counts how often.
#include "agent/src/model/process_book.h"

#include <gtest/gtest.h>

#include <vector>

#include "loadline/testing/thread_samples.h"

namespace loadline::agent {
namespace {

using testing::Thread;

class ProcessBookTest : public ::testing::Test {
 protected:
  void Read(const std::vector<ThreadSample>& threads) {
    book_.BeginReading(false, registered_);
    for (const ThreadSample& thread : threads) {
      book_.See(thread, book_.Of(thread));
    }
    book_.NameOthers([this](pid_t tgid) {
      ++asked_;
      return ProcessFacts{.name = "asked-for", .pid_inner = tgid + 1};
    });
    book_.Forget();
  }

  ProcessBook book_;
  std::vector<Registration> registered_;
  int asked_ = 0;
};

TEST_F(ProcessBookTest, TheFirstThreadNamesIt) {
  Read({Thread(100, 101, "worker-1"), Thread(100, 100, "orders")});
  EXPECT_EQ(book_.Find(100)->label, "orders");
  EXPECT_EQ(book_.Find(100)->pid_inner, 100);
  Read({Thread(100, 101, "worker-1")});  // It has ended since.
  EXPECT_EQ(book_.Find(100)->label, "orders");
  EXPECT_EQ(asked_, 0);
}

TEST_F(ProcessBookTest, SomebodyIsAskedOnceWhereTheFirstThreadWasNeverSeen) {
  for (int i = 0; i < 3; ++i) {
    Read({Thread(100, 101, "worker-1"), Thread(200, 200, "led")});
    EXPECT_EQ(book_.Find(100)->label, "asked-for");
    EXPECT_EQ(book_.Find(100)->pid_inner, 101);
    EXPECT_EQ(book_.Find(200)->label, "led");
  }
  EXPECT_EQ(asked_, 1);
}

TEST_F(ProcessBookTest, AServiceHasItsOwnNameAsLongAsItIsRegistered) {
  Registration& shop = registered_.emplace_back();
  shop.tgid = 100;
  shop.service = "shop";
  Read({Thread(100, 101, "worker-1")});
  EXPECT_EQ(book_.Find(100)->label, "shop");
  registered_.clear();
  Read({Thread(100, 101, "worker-1")});
  EXPECT_EQ(book_.Find(100)->label, "asked-for");
}

}  // namespace
}  // namespace loadline::agent
