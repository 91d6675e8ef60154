// SPDX-License-Identifier: Apache-2.0
// Goal: the number in a lock becomes the thread that it means, or none; a look into a process that
// hangs holds nobody up. Method: threads and words by hand; a look that ends when it is told to.
#include "agent/src/kernel/lock_owners.h"

#include <gtest/gtest.h>

#include <chrono>

#include "absl/synchronization/notification.h"
#include "agent/src/kernel/holder_looks.h"

namespace loadline::agent {
namespace {

using std::chrono_literals::operator""h;
using std::chrono_literals::operator""ms;

// Processes 100 of the host, and 200 and 300 of two containers.
constexpr ThreadNumbers kThreads[] = {
    {.tid = 100, .tgid = 100, .tid_inner = 100}, {.tid = 101, .tgid = 100, .tid_inner = 101},
    {.tid = 200, .tgid = 200, .tid_inner = 1},   {.tid = 207, .tgid = 200, .tid_inner = 7},
    {.tid = 300, .tgid = 300, .tid_inner = 1},   {.tid = 309, .tgid = 300, .tid_inner = 9},
    {.tid = 400, .tgid = 400, .tid_inner = 8},
};

std::string NamespaceOf(pid_t tgid) {
  switch (tgid) {
    case 100:
      return "host";
    case 200:
    case 400:
      return "two";
    case 300:
      return "three";
    default:
      return "";
  }
}

pid_t Owner(const OwnerWord& word) {
  const OwnerWord words[] = {word};
  return FindOwners(words, kThreads, NamespaceOf).at(0);
}

TEST(LockOwnersTest, AWordOfOneProcessNamesAThreadOfIt) {
  EXPECT_EQ(Owner({.tgid = 100, .owner = 101}), 101);
  EXPECT_EQ(Owner({.tgid = 200, .owner = 7}), 207);
  EXPECT_EQ(Owner({.tgid = 300, .owner = 1}), 300);
  EXPECT_EQ(Owner({.tgid = 200, .owner = 8}), 0) << "another process's";
  EXPECT_EQ(Owner({.tgid = 200, .owner = 207}), 0) << "the host's number";
}

TEST(LockOwnersTest, ASharedWordNamesAThreadOfTheSameNamespace) {
  EXPECT_EQ(Owner({.tgid = 200, .owner = 8 | LL_OWNER_SHARED}), 400);
  EXPECT_EQ(Owner({.tgid = 400, .owner = 1 | LL_OWNER_SHARED}), 200);
  EXPECT_EQ(Owner({.tgid = 300, .owner = 8 | LL_OWNER_SHARED}), 0);
  EXPECT_EQ(Owner({.tgid = 500, .owner = 8 | LL_OWNER_SHARED}), 0) << "its namespace is not known";
}

TEST(LockOwnersTest, AWordOfTheKernelIsOfTheHost) {
  EXPECT_EQ(Owner({.tgid = 200, .owner = 309, .of_kernel = true}), 309);
  EXPECT_EQ(Owner({.tgid = 200, .owner = 7, .of_kernel = true}), 0);
}

TEST(HolderLooksTest, ALookThatHangsHoldsUpNoOther) {
  absl::Notification go;
  absl::Notification gone;
  {
    HolderLooks looks(
        [&](std::span<const pid_t>, std::vector<ll_lock_holder>&) {
          go.WaitForNotification();
          gone.Notify();
          return absl::OkStatus();
        },
        1ms);
    EXPECT_TRUE(looks.Look({1}).empty());
    EXPECT_TRUE(looks.Look({1}).empty());
    EXPECT_EQ(looks.late(), 2u);
  }
  go.Notify();
  gone.WaitForNotification();
}

TEST(HolderLooksTest, WhatALookFindsIsHanded) {
  HolderLooks looks(
      [](std::span<const pid_t> tgids, std::vector<ll_lock_holder>& out) {
        out.push_back({.addr = 1, .tid = static_cast<__u32>(tgids[0]), .owner = 3});
        return absl::OkStatus();
      },
      1h);
  for (const pid_t tgid : {5, 6}) {
    const std::vector<ll_lock_holder> found = looks.Look({tgid});
    ASSERT_EQ(found.size(), 1u);
    EXPECT_EQ(found[0].tid, static_cast<__u32>(tgid));
  }
  EXPECT_EQ(looks.late(), 0u);
}

}  // namespace
}  // namespace loadline::agent
