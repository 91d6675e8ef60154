// SPDX-License-Identifier: Apache-2.0
// Goal: the parameters of /api/v1/explain are read as they are written down, or refused by name.
// Method: parameters by hand.
#include "agent/src/publish/explain_query.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <string>

namespace loadline::agent {
namespace {

using Parameters = std::multimap<std::string, std::string>;

std::string ErrorOf(const Parameters& parameters) {
  return std::string(ExplainRequestOf(parameters).status().message());
}

TEST(ExplainQueryTest, NoneIsTheHostNow) {
  const absl::StatusOr<v1::ExplainRequest> request = ExplainRequestOf({});
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->ByteSizeLong(), 0u);
}

TEST(ExplainQueryTest, EachIsRead) {
  const absl::StatusOr<v1::ExplainRequest> request = ExplainRequestOf(
      {{"name", "shop/worker-*"}, {"all", "1"}, {"since", "1796094000"}, {"at", "1796094727.5"}});
  ASSERT_TRUE(request.ok());
  EXPECT_EQ(request->name(), "shop/worker-*");
  EXPECT_TRUE(request->all());
  EXPECT_EQ(request->since_unix_time(), 1796094000);
  EXPECT_EQ(request->at_unix_time(), 1796094727.5);
}

TEST(ExplainQueryTest, WhatIsWrongIsNamedWithItsValueAndTheRule) {
  EXPECT_EQ(ErrorOf({{"all", "yes"}}),
            "all: \"yes\" must be a whole number from 0 to 1, in decimal digits");
  EXPECT_THAT(ErrorOf({{"at", "03:12"}}), ::testing::HasSubstr("at: \"03:12\" must be"));
  EXPECT_THAT(ErrorOf({{"at", "0"}}), ::testing::HasSubstr("in seconds since 1970"));
  EXPECT_THAT(ErrorOf({{"since", "\n"}}), ::testing::HasSubstr("since: \"\\n\" must be"));
  EXPECT_EQ(ErrorOf({{"pool", "x"}}), "pool: is no parameter; there are name, all, at and since");
  EXPECT_EQ(ErrorOf({{"all", "1"}, {"all", "1"}}), "all: is given twice");
  EXPECT_EQ(ErrorOf({{"since", "20"}, {"at", "10"}}), "since: must be before at");
}

}  // namespace
}  // namespace loadline::agent
