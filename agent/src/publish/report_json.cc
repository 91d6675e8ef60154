// SPDX-License-Identifier: Apache-2.0
#include "agent/src/publish/report_json.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/json_util.h>

#include <array>
#include <charconv>
#include <utility>
#include <vector>

#include "absl/status/status.h"

namespace loadline::agent {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Advice with its figures has some 200 characters, the path of a socket 107.
constexpr std::size_t kTextMax = 400;
constexpr int kDigits = 6;
// A time in Unix seconds has ten digits before the point, and three behind it tell moments apart.
constexpr int kTimeDigits = 13;

std::string Cut(std::string text) {
  if (text.size() <= kTextMax) {
    return text;
  }
  std::size_t end = kTextMax - 1;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;  // Not within a character.
  }
  return text.substr(0, end) + "~";
}

double Rounded(double value, int digits) {
  std::array<char, 32> text{};
  const auto written = std::to_chars(text.data(), text.data() + text.size(), value,
                                     std::chars_format::general, digits);
  double rounded = value;
  std::from_chars(text.data(), written.ptr, rounded);
  return rounded;
}

void Shorten(Message& message);

void ShortenField(Message& message, const FieldDescriptor& field) {
  const Reflection& fields = *message.GetReflection();
  if (field.is_repeated()) {
    for (int i = 0; i < fields.FieldSize(message, &field); ++i) {
      if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
        Shorten(*fields.MutableRepeatedMessage(&message, &field, i));
      } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
        fields.SetRepeatedString(&message, &field, i,
                                 Cut(fields.GetRepeatedString(message, &field, i)));
      }
    }
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
    Shorten(*fields.MutableMessage(&message, &field));
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    fields.SetString(&message, &field, Cut(fields.GetString(message, &field)));
  } else if (field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
    const bool is_time = field.name() == "unix_time";
    fields.SetDouble(&message, &field,
                     Rounded(fields.GetDouble(message, &field), is_time ? kTimeDigits : kDigits));
  }
}

void Shorten(Message& message) {
  std::vector<const FieldDescriptor*> set;
  message.GetReflection()->ListFields(message, &set);
  for (const FieldDescriptor* field : set) {
    ShortenField(message, *field);
  }
}

// Its JSON is never shorter than its binary form, which is known at once.
bool Fits(const v1::Report& report, std::size_t bytes) {
  if (report.ByteSizeLong() > bytes) {
    return false;
  }
  const absl::StatusOr<std::string> json = AsJson(report);
  return !json.ok() || json->size() <= bytes;
}

// Leaves out the least that is left; false: there is nothing.
//
// All entries keep their worst pool as long as can be: who reads a report of a busy host wants its
// causes first, and one name for each. After that they go from the end.
bool DropOne(v1::Report& report) {
  auto& entries = *report.mutable_entries();
  for (int i = entries.size() - 1; i >= 0; --i) {
    v1::ReportEntry& entry = entries[i];
    if (entry.pools_size() > 1) {
      entry.mutable_pools()->RemoveLast();
      entry.set_pools_more(entry.pools_more() + 1);
      return true;
    }
  }
  if (report.entries_size() > 1) {
    entries.RemoveLast();
    report.set_entries_more(report.entries_more() + 1);
    return true;
  }
  if (report.cannot_know_size() > 0) {
    report.mutable_cannot_know()->RemoveLast();
    report.set_cannot_know_more(report.cannot_know_more() + 1);
    return true;
  }
  if (report.entries_size() == 0) {
    return false;
  }
  if (entries[0].pools_size() > 0) {
    v1::ReportPool& pool = *entries[0].mutable_pools(0);
    if (pool.doors_size() > 0) {
      pool.mutable_doors()->RemoveLast();
      pool.set_doors_more(pool.doors_more() + 1);
      return true;
    }
    if (pool.causes_size() > 1) {
      pool.mutable_causes()->RemoveLast();
      pool.set_causes_more(pool.causes_more() + 1);
      return true;
    }
  }
  entries.RemoveLast();
  report.set_entries_more(report.entries_more() + 1);
  return true;
}

v1::Report Without(v1::Report report, int drops) {
  for (int i = 0; i < drops && DropOne(report); ++i) {
  }
  return report;
}

}  // namespace

v1::Report FitTo(v1::Report report, std::size_t bytes) {
  Shorten(report);
  if (Fits(report, bytes)) {
    return report;
  }
  v1::Report rest = report;
  int most = 0;
  while (DropOne(rest)) {
    ++most;
  }
  // The fewest that have to go: each that goes makes it shorter.
  int least = 1;
  while (least < most) {
    const int half = (least + most) / 2;
    if (Fits(Without(report, half), bytes)) {
      most = half;
    } else {
      least = half + 1;
    }
  }
  return Without(std::move(report), most);
}

absl::StatusOr<std::string> AsJson(const v1::Report& report) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string json;
  const auto status = google::protobuf::util::MessageToJsonString(report, &json, options);
  if (!status.ok()) {
    return absl::InternalError(status.ToString());
  }
  return json;
}

}  // namespace loadline::agent
