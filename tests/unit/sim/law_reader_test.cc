// SPDX-License-Identifier: Apache-2.0
// Goal: every option of every law can be given as YAML or JSON, and a wrong one is an error that
// names line, option, value and rule. Method: the option tables drive the cases.
#include "agent/simulate/law_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/strings/str_cat.h"
#include "loadline/control/law_factory.h"

namespace loadline::cli {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

std::string ErrorOf(const std::string& text) {
  return std::string(ReadLaws(text).status().message());
}

TEST(LawReaderTest, ReadsNamesAndOptionsAsYamlAndAsJson) {
  for (const char* text :
       {"- none\n- {law: fixed, limit: 40}\n", R"(["none", {"law": "fixed", "limit": 40}])"}) {
    const auto laws = ReadLaws(text);
    ASSERT_TRUE(laws.ok()) << laws.status();
    ASSERT_EQ(laws->size(), 2U);
    EXPECT_EQ((*laws)[0].Label(), "none");
    EXPECT_EQ((*laws)[1].Label(), "fixed limit=40");
  }
}

TEST(LawReaderTest, TakesTheDefaultOfEveryOptionAndRefusesWhatIsOutOfItsRange) {
  for (const std::string_view name : control::LawNames()) {
    const std::string law(name);
    for (const control::OptionInfo& option : control::LawOptions(name)) {
      const std::string key(option.name);
      const auto with = [&](const std::string& value) {
        return absl::StrCat("- none\n- law: ", law, "\n  ", key, ": ", value, "\n");
      };
      EXPECT_TRUE(ReadLaws(with(absl::StrCat(option.initial))).ok()) << law << " " << key;
      for (const std::string& value :
           {absl::StrCat(option.min - 1), absl::StrCat(2 * option.max + 1), std::string(".nan")}) {
        EXPECT_THAT(ErrorOf(with(value)),
                    AllOf(HasSubstr("line "), HasSubstr(key), HasSubstr("must be ")))
            << law << " " << value;
      }
      for (const char* value : {"many", "[1]", "''"}) {
        EXPECT_THAT(ErrorOf(with(value)),
                    AllOf(HasSubstr(absl::StrCat("line 3: ", key)), HasSubstr("must be a number")))
            << law << " " << value;
      }
    }
  }
}

TEST(LawReaderTest, NamesWhatItDoesNotKnow) {
  EXPECT_THAT(ErrorOf("- kernal"), AllOf(HasSubstr("line 1: no law kernal"), HasSubstr("kernel")));
  EXPECT_THAT(ErrorOf("- law: aimd\n  colour: 3\n"),
              AllOf(HasSubstr("line 2: aimd: no option colour"), HasSubstr("must be one of")));
  EXPECT_THAT(ErrorOf("- {law: kernel, tolerance: 1.2, tolerance: 1.3}"), HasSubstr("given twice"));
  EXPECT_THAT(ErrorOf("- {law: kernel, limit_min: 50, limit_max: 10}"),
              HasSubstr("limit_max: 10 must be in [50, 1000000], from limit_min"));
  EXPECT_THAT(ErrorOf("kernel"), HasSubstr("must be a list of laws"));
  EXPECT_THAT(ErrorOf("- {tolerance: 1}"), HasSubstr("a map with `law`"));
  EXPECT_THAT(ErrorOf("- {law: ["), HasSubstr("line "));
}

}  // namespace
}  // namespace loadline::cli
