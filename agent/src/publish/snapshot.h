// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "agent/src/diagnosis/make_report.h"
#include "agent/src/model/host_view.h"
#include "agent/src/model/registry.h"
#include "loadline/v1/host.pb.h"

namespace loadline::agent {

struct SnapshotOptions {
  std::string process = {};     // Only processes of this name; empty is all.
  std::string name = {};        // Only pools that NameMatch takes for it.
  std::size_t pools_max = 200;  // The others are added up in one pool "other".
  Clock::Duration uptime{};
  std::shared_ptr<const Diagnosed> diagnosed = {};  // Of the same view; null: not judged yet.
};

// kNotFound, with names that are like it, if no pool is called `name`. Empty: ok.
absl::Status CheckName(const HostView& view, std::string_view name);

// Registered pools come first, then the most active of the last reading.
v1::PoolsSnapshot MakeSnapshot(const HostView& view, const ServiceReports& reports,
                               const SnapshotOptions& options);

// With the field names of the proto, and fields that are zero.
absl::StatusOr<std::string> AsJson(const v1::PoolsSnapshot& snapshot);

}  // namespace loadline::agent
