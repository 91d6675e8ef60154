// SPDX-License-Identifier: Apache-2.0
// Goal: what is known of peers only grows, and stays bounded however many there are.
// Method: readings by hand.
#include "agent/src/model/peer_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""s;
using ::testing::SizeIs;

TEST(PeerBookTest, AWaitThatEndsIsNotTakenBackWhenTheSourceDidNotKeepIt) {
  PeerBook book;
  book.BeginReading();
  book.AddOpen("10.0.0.5:80", 2s);
  book.EndReading();
  book.BeginReading();
  book.EndReading();

  EXPECT_EQ(book.Top(8).at(0).total, 2s);
  EXPECT_EQ(book.Top(8).at(0).threads, 0);
}

// A socket may be called anything, and long names are cut in mid-character.
TEST(PeerBookTest, AnAddressIsShownAsWhatALabelMayBe) {
  PeerBook book;
  book.BeginReading();
  book.AddOpen("\xa9/run/\x1b[2J\xff.sock", 1s);
  book.AddOpen("/run/caf\u00e9.sock", 2s);
  book.EndReading();
  EXPECT_EQ(book.Top(8).at(1).address, "?/run/?[2J?.sock");
  EXPECT_EQ(book.Top(8).at(0).address, "/run/caf\u00e9.sock");
}

TEST(PeerBookTest, AnOpenWaitIsNotCountedAgainWhenItEnds) {
  PeerBook book;
  book.BeginReading();
  book.AddOpen("10.0.0.5:80", 2s);
  book.EndReading();
  book.BeginReading();
  book.AddEnded("10.0.0.5:80", 3s);
  book.EndReading();

  EXPECT_EQ(book.Top(8).at(0).total, 3s);
  EXPECT_EQ(book.Top(8).at(0).increment, 1s);
}

TEST(PeerBookTest, ASourceThatForgotAPeerTakesNothingAway) {
  PeerBook book;
  for (const auto total : {5s, 1s, 2s}) {
    book.BeginReading();
    book.AddEnded("10.0.0.5:80", total);
    book.EndReading();
  }

  EXPECT_EQ(book.Top(8).at(0).total, 6s);
}

TEST(PeerBookTest, TheDatabaseThatFailedOverTakesThePlaceOfAQuietOne) {
  PeerBook book;
  book.BeginReading();
  for (int port = 0; port < 1000; ++port) {
    book.AddOpen("10.0.0.9:" + std::to_string(40'000 + port), 1s);
  }
  book.EndReading();
  book.BeginReading();
  book.AddOpen("10.0.0.7:5432", 1s);
  book.EndReading();

  const auto rows = book.Top(8);
  EXPECT_EQ(rows.front().address, "10.0.0.7:5432");
  Clock::Duration all{};
  for (const PeerRow& row : rows) {
    all += row.total;
  }
  EXPECT_EQ(all, 1001s);
}

TEST(PeerBookTest, WhatTheSourceRepeatsOfALongForgottenPeerIsNotCountedAgain) {
  PeerBook book;
  Clock::Duration all{};
  for (int reading = 0; reading < 3; ++reading) {
    book.BeginReading();
    for (int port = 0; port < 1000; ++port) {
      book.AddEnded("10.0.0.9:" + std::to_string(40'000 + port), 1s);
    }
    book.EndReading();
    for (const PeerRow& row : book.Top(8)) {
      all += row.increment;
    }
  }
  EXPECT_EQ(all, 1000s);
}

TEST(PeerBookTest, ManyHostsBecomeOther) {
  PeerBook book;
  book.BeginReading();
  for (int host = 0; host < 1000; ++host) {
    book.AddOpen("10.0." + std::to_string(host) + ".1:80", 1s);
  }
  book.EndReading();

  const auto rows = book.Top(1000);
  EXPECT_THAT(rows, SizeIs(PeerBook::kPeersMax + 1));
  EXPECT_EQ(rows.back().address, "other");
  EXPECT_EQ(rows.back().threads, 1000 - static_cast<int>(PeerBook::kPeersMax));
}

TEST(PeerBookTest, AWaitWithoutAnAddressIsUnknown) {
  PeerBook book;
  book.BeginReading();
  book.AddOpen("", 1s);
  book.EndReading();

  EXPECT_EQ(book.Top(8).at(0).address, "unknown");
}

}  // namespace
}  // namespace loadline::agent
