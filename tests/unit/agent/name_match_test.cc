// SPDX-License-Identifier: Apache-2.0
// Goal: a pool is found by whatever a person calls it, and by nothing else; who misspells is
// helped. Method: names by hand.
#include "agent/src/naming/name_match.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace loadline::agent {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr PoolNames kShop{.service = "shop",
                          .command = "java",
                          .container = "docker/5c1f0a7b2d3e",
                          .pid = 4711,
                          .pool = "worker-*"};
constexpr PoolNames kNginx{
    .service = "nginx", .command = "", .container = "web.service", .pid = 80, .pool = "nginx"};

const std::vector<PoolNames> kKnown = {kShop, kNginx};

bool Takes(std::string_view name, const PoolNames& pool = kShop) {
  return NameMatch(name).Takes(pool);
}

TEST(NameMatchTest, AServiceACommandAPidAContainerAndAUnitAreNames) {
  for (const std::string_view name :
       {"shop", "java", "4711", "docker/5c1f0a7b2d3e", "5c1f0a7b2d3e", "5c1f0a", ""}) {
    EXPECT_TRUE(Takes(name)) << name;
  }
  for (const std::string_view name : {"nginx", "80", "web.service", "web"}) {
    EXPECT_TRUE(Takes(name, kNginx)) << name;
    EXPECT_FALSE(Takes(name)) << name;
  }
}

TEST(NameMatchTest, AWholeIdFindsTheContainerThatIsShownByItsBeginning) {
  EXPECT_TRUE(Takes("5c1f0a7b2d3e4a5b6c7d8e9f00112233445566778899aabbccddeeff00112233"));
  EXPECT_FALSE(Takes("5c1f0a7b2d3f4a5b6c7d8e9f00112233445566778899aabbccddeeff00112233"));
}

TEST(NameMatchTest, PartsOfNamesAreNoNames) {
  for (const std::string_view name : {"sho", "shop2", "SHOP", "471", "47110", "5c1f", "docker",
                                      "worker-*", "/", "shop/", "/worker-*", " shop"}) {
    EXPECT_FALSE(Takes(name)) << name;
  }
}

TEST(NameMatchTest, APoolOfAProcessIsNamedBehindASlash) {
  for (const std::string_view name :
       {"shop/worker-*", "4711/worker-*", "shop/worker-12", "docker/5c1f0a7b2d3e/worker-*"}) {
    EXPECT_TRUE(Takes(name)) << name;
  }
  for (const std::string_view name :
       {"shop/worker", "shop/worker-", "shop/worker-1x", "shop/main", "nginx/worker-*"}) {
    EXPECT_FALSE(Takes(name)) << name;
  }
  EXPECT_TRUE(Takes("kworker/u8:*", {.service = "kworker/u8:*", .pid = 9, .pool = "kworker/u8:*"}));
}

TEST(NameMatchTest, ACommandThatTheKernelHasCutIsFoundByAllOfIt) {
  const PoolNames cut{.service = "a_program_with_", .pid = 5, .pool = "a_program_with_"};
  EXPECT_TRUE(Takes("a_program_with_a_long_name", cut));
  EXPECT_FALSE(Takes("a_program_without", cut));
}

TEST(NameMatchTest, AnUnknownNameIsAnErrorWithThoseThatAreLikeIt) {
  const absl::Status status = NoSuchName("shpo", kKnown);
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(status.message(),
            "no service, command, unit, container or pid here is called \"shpo\"; near it: shop");
  EXPECT_THAT(std::string(NoSuchName("postgres", kKnown).message()), Not(HasSubstr("near")));
}

TEST(NameMatchTest, AnUnknownPoolIsAnErrorWithThePoolsOfThatProcess) {
  EXPECT_THAT(std::string(NoSuchName("shop/reader", kKnown).message()),
              HasSubstr("near it: shop/worker-*"));
}

TEST(NameMatchTest, AnUnknownNameOfAnyLengthIsOneLine) {
  const std::string name(100'000, '\n');
  const std::string message(NoSuchName(name, kKnown).message());
  EXPECT_THAT(message, Not(HasSubstr("\n")));
  EXPECT_LT(message.size(), 1200u);
}

}  // namespace
}  // namespace loadline::agent
