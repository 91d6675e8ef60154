// SPDX-License-Identifier: Apache-2.0
// Goal: each cause that the agent names has words, and figures read as people say them.
// Method: all causes; figures at the edges of their units.
#include "agent/cli/explain_words.h"

#include <gtest/gtest.h>

#include <string>

#include "agent/src/model/cause.h"

namespace loadline::cli {
namespace {

TEST(ExplainWordsTest, EachCauseOfTheAgentHasWords) {
  for (const agent::CauseInfo& info : agent::kCauses) {
    const std::string name(info.name);
    EXPECT_NE(CauseWords(name, ""), name);
    EXPECT_NE(CauseWords(name, "X"), name + ": X");
    EXPECT_NE(CauseWords(name, ""), CauseWords(name, "", true)) << "one pool waits, several wait";
    EXPECT_TRUE(CauseWords(name, "X").ends_with("X"));
    EXPECT_EQ(CauseWords(name, "X").find('['), std::string::npos);
  }
}

TEST(ExplainWordsTest, ACauseOfANewerAgentIsNamedAsItIs) {
  EXPECT_EQ(CauseWords("gpu", "card 0"), "gpu: card 0");
  EXPECT_EQ(CauseWords("gpu", ""), "gpu");
}

TEST(ExplainWordsTest, OnePoolWaitsAndSeveralWait) {
  EXPECT_EQ(CauseWords("neighbour", "cc1plus"), "waits for a CPU behind cc1plus");
  EXPECT_EQ(CauseWords("own_queue", "", true), "wait for a CPU behind their own threads");
}

TEST(ExplainWordsTest, TimesHaveTwoDigitsAndAUnit) {
  EXPECT_EQ(TimeWords(0.00048), "480 us");
  EXPECT_EQ(TimeWords(0.0015), "1.5 ms");
  EXPECT_EQ(TimeWords(0.05), "50 ms");
  EXPECT_EQ(TimeWords(1.94), "1.9 s");
  EXPECT_EQ(TimeWords(2), "2 s");
  EXPECT_EQ(TimeWords(9.96), "10 s");
  EXPECT_EQ(TimeWords(119), "119 s");
  EXPECT_EQ(TimeWords(180), "3 min");
  EXPECT_EQ(TimeWords(7200), "2 h");
  EXPECT_EQ(TimeWords(4 * 86400.0), "4 days");
}

TEST(ExplainWordsTest, PartsAreNotRoundedToNothing) {
  EXPECT_EQ(Percent(0), "0 %");
  EXPECT_EQ(Percent(0.004), "<1 %");
  EXPECT_EQ(Percent(0.966), "97 %");
}

TEST(ExplainWordsTest, OneIsNotPlural) {
  EXPECT_EQ(Counted(1, "pool"), "1 pool");
  EXPECT_EQ(Counted(0, "pool"), "0 pools");
}

}  // namespace
}  // namespace loadline::cli
