// SPDX-License-Identifier: Apache-2.0
// Goal: a class of bottleneck has one number and one name, in C++ and on the wire.
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <string>

#include "loadline/control/bottleneck.h"
#include "loadline/v1/bottleneck.pb.h"

namespace loadline {
namespace {

TEST(BottleneckTest, CppAndWireAgree) {
  ASSERT_EQ(v1::BottleneckClass_ARRAYSIZE, static_cast<int>(control::kBottleneckNames.size()));
  for (std::size_t i = 0; i < control::kBottleneckNames.size(); ++i) {
    std::string wire = "BOTTLENECK_CLASS_" + std::string(control::kBottleneckNames[i]);
    std::ranges::transform(wire, wire.begin(),
                           [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    EXPECT_EQ(v1::BottleneckClass_Name(static_cast<v1::BottleneckClass>(i)), wire);
  }
}

TEST(BottleneckTest, TheLastClassHasTheLastName) {
  EXPECT_EQ(Name(control::Bottleneck::kIdle), control::kBottleneckNames.back());
  const std::set<std::string_view> names(control::kBottleneckNames.begin(),
                                         control::kBottleneckNames.end());
  EXPECT_EQ(names.size(), control::kBottleneckNames.size());
}

}  // namespace
}  // namespace loadline
