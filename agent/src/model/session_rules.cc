// SPDX-License-Identifier: Apache-2.0
#include "agent/src/model/session_rules.h"

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <string>

#include "fmt/format.h"
#include "loadline/control/bottleneck.h"
#include "loadline/rules.h"
#include "loadline/signal.h"

namespace loadline::agent {
namespace {

// A pthread_cond_t has 48. The kernel's table of idle addresses has 65,536 places for all.
constexpr std::uint32_t kIdleRangeBytesMax = 128;

absl::Status CheckOptionalName(std::string_view field, std::string_view value) {
  return value.empty() ? absl::OkStatus() : CheckName(field, value);
}

absl::Status CheckCount(std::string_view field, int value, int most) {
  if (value <= most) {
    return absl::OkStatus();
  }
  return MustBe(field, value, fmt::format("at most {}", most));
}

template <typename Tids>
absl::Status CheckTids(std::string_view field, const Tids& tids, int most) {
  for (const std::uint32_t tid : tids) {
    if (tid == 0 || tid > 0x7fffffff) {
      return MustBe(field, tid, "a thread id");
    }
  }
  return CheckCount(field, tids.size(), most);
}

absl::Status CheckRanges(const v1::PoolRegistration& pool, int most) {
  for (const v1::AddressRange& range : pool.idle_addresses()) {
    if (range.length_bytes() == 0 || range.length_bytes() > kIdleRangeBytesMax) {
      return MustBe("pool.idle_addresses.length_bytes", range.length_bytes(),
                    fmt::format("in [1, {}]", kIdleRangeBytesMax));
    }
  }
  return CheckCount("pool.idle_addresses", pool.idle_addresses_size(), most);
}

template <typename Rows>
absl::Status CheckCauses(std::string_view field, const Rows& rows, int most) {
  for (const v1::CountByCause& row : rows) {
    if (absl::Status status = CheckName(fmt::format("{}.cause", field), row.cause());
        !status.ok()) {
      return status;
    }
    if (absl::Status status = CheckOptionalName(fmt::format("{}.priority", field), row.priority());
        !status.ok()) {
      return status;
    }
  }
  return CheckCount(field, rows.size(), most);
}

absl::Status CheckNumbers(const v1::LimiterReport& report) {
  if (!(report.limit() >= 0 && std::isfinite(report.limit()))) {
    return MustBe("limiter.limit", report.limit(), "finite and not negative");
  }
  if (!(report.signal_age_seconds() >= 0)) {  // Infinity says that there never was one.
    return MustBe("limiter.signal_age_seconds", report.signal_age_seconds(), "at least 0");
  }
  return absl::OkStatus();
}

absl::Status CheckBottleneck(std::string_view name) {
  if (name.empty() ||
      std::ranges::find(control::kBottleneckNames, name) != control::kBottleneckNames.end()) {
    return absl::OkStatus();
  }
  return MustBe("limiter.bottleneck", name, "a class of bottleneck");
}

absl::Status CheckSignalSource(std::string_view name) {
  for (const SignalStep step :
       {SignalStep::kLedger, SignalStep::kStream, SignalStep::kSchedstat, SignalStep::kLatency}) {
    if (name.empty() || name == Name(step)) {
      return absl::OkStatus();
    }
  }
  return MustBe("limiter.signal_source", name, "a step of the signal ladder");
}

absl::Status First(std::initializer_list<absl::Status> checks) {
  for (const absl::Status& status : checks) {
    if (!status.ok()) {
      return status;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status Check(const v1::Hello& hello) {
  if (hello.protocol_version() != 1) {
    return MustBe("hello.protocol_version", hello.protocol_version(), "1");
  }
  return First({CheckName("hello.service", hello.service()),
                CheckOptionalName("hello.sdk_version", hello.sdk_version())});
}

absl::Status Check(const v1::PoolRegistration& pool, const SessionBounds& bounds) {
  return First({CheckName("pool.name", pool.name()),
                CheckTids("pool.tids", pool.tids(), bounds.threads_max),
                CheckRanges(pool, bounds.idle_ranges_max)});
}

absl::Status Check(const v1::ThreadChange& change, const SessionBounds& bounds) {
  return First({CheckName("threads.pool", change.pool()),
                CheckTids("threads.joined_tids", change.joined_tids(), bounds.threads_max),
                CheckTids("threads.left_tids", change.left_tids(), bounds.threads_max)});
}

absl::Status Check(const v1::LimiterReport& report, const SessionBounds& bounds) {
  return First(
      {CheckName("limiter.name", report.name()), CheckOptionalName("limiter.mode", report.mode()),
       CheckOptionalName("limiter.law", report.law()),
       CheckOptionalName("limiter.reason", report.reason()),
       CheckSignalSource(report.signal_source()), CheckOptionalName("limiter.pool", report.pool()),
       CheckBottleneck(report.bottleneck()), CheckNumbers(report),
       CheckCauses("limiter.rejected", report.rejected(), bounds.causes_max),
       CheckCauses("limiter.limit_changes", report.limit_changes(), bounds.causes_max)});
}

absl::Status Check(const v1::PoolReport& report) {
  return First({CheckName("pool_report.name", report.name()),
                CheckOptionalName("pool_report.reason", report.reason())});
}

}  // namespace loadline::agent
