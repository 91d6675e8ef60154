// SPDX-License-Identifier: Apache-2.0
// Goal: the files of a thread are read as proc(5) says, and what is not like that is refused.
// Method: texts as kernels write them, with the names and rights that make trouble.
#include "agent/src/sampler/proc_parse.h"

#include "agent/src/sampler/proc_wchan.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace loadline::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::Optional;

TEST(ProcParseTest, SchedStatHasThreeSums) {
  EXPECT_THAT(ParseSchedStat("3515520 66127 4\n"), Optional(ProcSchedStat{3515520, 66127, 4}));
}

TEST(ProcParseTest, SchedStatOfAThreadThatIsGoneIsNone) {
  EXPECT_EQ(ParseSchedStat(""), std::nullopt);
  EXPECT_EQ(ParseSchedStat("12 x 4"), std::nullopt);
}

TEST(ProcParseTest, ANameMayHoldBlanksAndParentheses) {
  const auto stat = ParseStat(
      "4711 (a) S (b) D 1 4711 4711 0 -1 4194560 0 0 0 0 0 0 0 0 20 0 3 0 52195328 1 2 3\n");
  ASSERT_TRUE(stat.has_value());
  EXPECT_EQ(stat->comm, "a) S (b");
  EXPECT_EQ(stat->state, 'D');
  EXPECT_EQ(stat->started_ticks, 52195328U);
  EXPECT_FALSE(stat->kernel);
}

TEST(ProcParseTest, AKernelThreadIsToldByItsFlag) {
  const auto stat =
      ParseStat("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0 0\n");
  ASSERT_TRUE(stat.has_value());
  EXPECT_TRUE(stat->kernel);
}

TEST(ProcParseTest, AStatThatIsCutOffIsRefused) {
  EXPECT_EQ(ParseStat("4711 (name) S 1 2 3"), std::nullopt);
  EXPECT_EQ(ParseStat("4711 name S 1"), std::nullopt);
  EXPECT_EQ(ParseStat(""), std::nullopt);
}

TEST(ProcParseTest, TheInnermostNumberIsTheThreadsOwn) {
  const auto status = ParseStatus(
      "Name:\tvoluntary_ctxt_switches:\nNSpid:\t4711\t36\t7\nvoluntary_ctxt_switches:\t353\n"
      "nonvoluntary_ctxt_switches:\t90\n");
  ASSERT_TRUE(status.has_value());
  EXPECT_EQ(status->inner_tid, 7);
  EXPECT_EQ(status->voluntary, 353);
  EXPECT_EQ(status->involuntary, 90);
}

TEST(ProcParseTest, AStatusWithoutSwitchesIsRefused) {
  EXPECT_FALSE(ParseStatus("Name:\tx\nNSpid:\t1\n").has_value());
}

TEST(ProcParseTest, ACallHasANumberAndSixArguments) {
  const auto call = ParseCall("202 0x7f01 0x189 0x0 0x0 0x0 0xffffffff 0x7ffc22 0x7f43\n");
  ASSERT_TRUE(call.has_value());
  EXPECT_EQ(call->number, 202);
  EXPECT_THAT(call->arguments, ElementsAre(0x7f01, 0x189, 0, 0, 0, 0xffffffff));
}

TEST(ProcParseTest, AFaultHasNoCallAndARunningThreadHasNothing) {
  EXPECT_EQ(ParseCall("-1 0x7ffc22 0x7f43\n")->number, -1);
  EXPECT_FALSE(ParseCall("running\n").has_value());
  EXPECT_FALSE(ParseCall("").has_value());
}

TEST(ProcWchanTest, FunctionsOfSeveralKernelsSayTheSame) {
  EXPECT_EQ(ReasonOfFunction("futex_wait_queue_me"), WaitReason::kSync);  // 5.10
  EXPECT_EQ(ReasonOfFunction("futex_wait_queue"), WaitReason::kSync);     // 6.1
  EXPECT_EQ(ReasonOfFunction("pipe_read"), WaitReason::kIpc);             // 5.10
  EXPECT_EQ(ReasonOfFunction("anon_pipe_read"), WaitReason::kIpc);        // 6.18
  EXPECT_EQ(ReasonOfFunction("ep_poll"), WaitReason::kPoll);
  EXPECT_EQ(ReasonOfFunction("hrtimer_nanosleep"), WaitReason::kSleep);
}

TEST(ProcWchanTest, AnUnknownFunctionSaysNothing) {
  EXPECT_EQ(ReasonOfFunction("frobnicate"), std::nullopt);
  EXPECT_EQ(ReasonOfFunction(""), std::nullopt);
}

}  // namespace
}  // namespace loadline::agent
