// SPDX-License-Identifier: Apache-2.0
// Goal: the keys that matter are kept, newcomers find a place, and no time is lost. Method: waits
// as data.
#include "agent/src/model/wait_book.h"

#include <gtest/gtest.h>

#include <chrono>

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

TEST(WaitBookTest, ThoseWithThreadsComeFirstThenThoseWithTime) {
  WaitBook<int> book;
  book.Add(1, 9s, 1);
  book.Add(2, 5s, 1);
  book.Add(3, 1s, 1);
  book.AddOpen(3, 70s);
  book.AddOpen(3, 20s);
  const auto [top, rest] = book.Show(2);
  ASSERT_EQ(top.size(), 2u);
  EXPECT_EQ(top[0].key, 3);
  EXPECT_EQ(top[0].sum.threads, 2);
  EXPECT_EQ(top[0].sum.oldest, 70s);
  EXPECT_EQ(top[1].key, 1);
  EXPECT_EQ(rest.waited, 5s);
}

TEST(WaitBookTest, AmongEqualsTheOrderIsThatOfTheKeys) {
  WaitBook<int> book;
  for (const int key : {5, 3, 9, 1, 7}) {
    book.Add(key, 1s, 1);
  }
  const auto top = book.Show(3).top;
  EXPECT_EQ(top[0].key, 1);
  EXPECT_EQ(top[1].key, 3);
  EXPECT_EQ(top[2].key, 5);
}

TEST(WaitBookTest, AReadingForgetsWhoWaitsAndKeepsTheTime) {
  WaitBook<int> book;
  book.Add(1, 9s, 2);
  book.AddOpen(1, 1s);
  book.BeginReading();
  const auto top = book.Show(1).top;
  EXPECT_EQ(top[0].sum.threads, 0);
  EXPECT_EQ(top[0].sum.oldest, 0s);
  EXPECT_EQ(top[0].sum.increment, 0s);
  EXPECT_EQ(top[0].sum.waited, 9s);
  EXPECT_EQ(top[0].sum.waits, 2u);
}

TEST(WaitBookTest, ANewcomerTakesThePlaceOfTheLeastAndNoTimeIsLost) {
  constexpr int kKeys = 1000;
  WaitBook<int> book;
  for (int key = 0; key < kKeys; ++key) {
    book.Add(key, key == 7 ? 100s : 1s, 1);
  }
  const auto [top, rest] = book.Show(1);
  EXPECT_EQ(top[0].key, 7);
  EXPECT_EQ(top[0].sum.waited + rest.waited, 100s + (kKeys - 1) * 1s);
  EXPECT_EQ(book.Show(kKeys).top.size(), WaitBook<int>::kKeysMax);
}

}  // namespace
}  // namespace loadline::agent
