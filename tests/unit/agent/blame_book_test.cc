// SPDX-License-Identifier: Apache-2.0
// Goal: who ended a wait tells what it was: rest, a hand-over, or one at a time.
// Method: what was seen of wakes as data.
#include "agent/src/model/blame_book.h"

#include <gtest/gtest.h>

#include <chrono>

namespace loadline::agent {
namespace {

using namespace std::chrono_literals;

WaitBlame Blame(WakerDid did, WaitReason reason = WaitReason::kOther) {
  return {.waited_for = WaitReason::kSync, .did = did, .reason = reason, .waited = 1s, .waits = 10};
}
constexpr BlameBook::Waker kSamePool{.same_pool = true, .same_process = true, .name = "worker-*"};

TEST(BlameBookTest, NothingIsKnownAtFirst) {
  EXPECT_FALSE(BlameBook().known());
  EXPECT_EQ(BlameBook().rest(), 0);
}

TEST(BlameBookTest, WorkFromWhoPolledIsRest) {
  BlameBook book;
  book.Add(Blame(WakerDid::kRested), {.same_process = true, .name = "acceptor"});
  EXPECT_EQ(book.rest(), 1);
}

TEST(BlameBookTest, ConnectionsThatMembersHandOverAreWhatTheyWaitFor) {
  BlameBook book;
  BlameBook::Waker waker = kSamePool;
  waker.waits_for = "10.0.0.5:5432";
  book.Add(Blame(WakerDid::kWaited, WaitReason::kNetwork), waker);
  ASSERT_EQ(book.Lost().size(), 1U);
  EXPECT_EQ(book.Lost()[0].cause, Cause::kHandoff);
  EXPECT_EQ(book.Lost()[0].culprit, "worker-*, which waits for 10.0.0.5:5432");
  EXPECT_EQ(book.Lost()[0].share, 1);
}

TEST(BlameBookTest, MembersThatRunAndThenLetGoAreOneAtATime) {
  BlameBook book;
  book.Add(Blame(WakerDid::kRan), kSamePool);
  EXPECT_EQ(book.Lost().at(0).cause, Cause::kOneAtATime);
}

TEST(BlameBookTest, OneWayIsWorkOrRoomBothWaysIsAHandOver) {
  BlameBook::Waker waker{.same_process = true, .name = "main", .wakes = 100, .wakes_back = 10};
  BlameBook one_way;
  one_way.Add(Blame(WakerDid::kRan), waker);
  EXPECT_EQ(one_way.rest(), 1);
  BlameBook both;
  waker.wakes_back = 60;
  both.Add(Blame(WakerDid::kRan), waker);
  EXPECT_EQ(both.Lost().at(0).cause, Cause::kHandoff);
}

TEST(BlameBookTest, WhatWasSeenBeforeFades) {
  BlameBook book;
  book.Add(Blame(WakerDid::kRested), kSamePool);
  for (int i = 0; i < 4; ++i) {
    book.Fade();
    book.Add(Blame(WakerDid::kRan), kSamePool);
  }
  EXPECT_LT(book.rest(), 0.1);
}

TEST(BlameBookTest, AWakerThatIsNotKnownLeavesItUnknown) {
  BlameBook book;
  book.Add(Blame(WakerDid::kUnknown), {});
  EXPECT_TRUE(book.known());
  EXPECT_EQ(book.rest(), 0);
  EXPECT_TRUE(book.Lost().empty());
}

}  // namespace
}  // namespace loadline::agent
