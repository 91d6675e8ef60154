// SPDX-License-Identifier: Apache-2.0
// Prints reports as the agent does, one JSON object a line: those of the unit tests, and one with
// every field set. What report_schema_test.py holds against docs/report.schema.json.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <iostream>

#include "agent/src/publish/report_json.h"
#include "tests/unit/agent/report_examples.h"

namespace loadline {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void FillAll(Message& message) {
  const Reflection& fields = *message.GetReflection();
  for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
    const FieldDescriptor* field = message.GetDescriptor()->field(i);
    if (field->cpp_type() == FieldDescriptor::CPPTYPE_MESSAGE) {
      FillAll(field->is_repeated() ? *fields.AddMessage(&message, field)
                                   : *fields.MutableMessage(&message, field));
    } else if (field->is_repeated()) {
      fields.AddString(&message, field, "some");
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
      fields.SetDouble(&message, field, 0.5);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
      fields.SetUInt32(&message, field, 1);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_UINT64) {
      fields.SetUInt64(&message, field, 1);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_INT32) {
      fields.SetInt32(&message, field, 1);
    } else if (field->cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
      fields.SetBool(&message, field, true);
    } else {
      fields.SetString(&message, field, field->name() == "severity" ? "tight" : "some");
    }
  }
}

int Main() {
  v1::Report all;
  FillAll(all);
  for (const v1::Report& report : {all, testing::BusyHost(), testing::QuietHost()}) {
    const absl::StatusOr<std::string> json =
        agent::AsJson(agent::FitTo(report, agent::kReportBytesMax));
    if (!json.ok()) {
      std::cerr << json.status() << '\n';
      return 1;
    }
    std::cout << *json << '\n';
  }
  return 0;
}

}  // namespace
}  // namespace loadline

int main() { return loadline::Main(); }
