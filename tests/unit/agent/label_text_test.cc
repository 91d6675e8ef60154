// SPDX-License-Identifier: Apache-2.0
// Goal: whatever a thread calls itself, its label is valid UTF-8 without control characters.
// Method: names by hand, good ones and each way to be a bad one.
#include "agent/src/model/label_text.h"

#include <gtest/gtest.h>

namespace loadline::agent {
namespace {

TEST(LabelTextTest, ValidTextStays) {
  for (const char* text :
       {"", "worker-1", "a \"b\" {c}\\", "größe", "作業者", "\xF0\x9F\x9A\xA2"}) {
    EXPECT_EQ(LabelText(text), text);
  }
}

TEST(LabelTextTest, ACharacterThatTheKernelCutOffIsMarked) {
  EXPECT_EQ(LabelText("fourteen-bytes\xC3"), "fourteen-bytes?");
  EXPECT_EQ(LabelText("thirteen-byte\xE4\xBD"), "thirteen-byte??");
  EXPECT_EQ(LabelText("twelve-bytes\xF0\x9F\x9A"), "twelve-bytes???");
}

TEST(LabelTextTest, WhatIsNoTextIsMarked) {
  EXPECT_EQ(LabelText("a\nb\x7f"), "a?b?");
  EXPECT_EQ(LabelText("\x80"), "?");
  EXPECT_EQ(LabelText("\xC0\xAF"), "??");            // Overlong.
  EXPECT_EQ(LabelText("\xE0\x80\xAF"), "???");       // Overlong.
  EXPECT_EQ(LabelText("\xED\xA0\x80"), "???");       // A surrogate.
  EXPECT_EQ(LabelText("\xF5\x80\x80\x80"), "????");  // Beyond Unicode.
  EXPECT_EQ(LabelText("\xC3("), "?(");
}

}  // namespace
}  // namespace loadline::agent
