// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "loadline/clock.h"

namespace loadline::demo {

// Many HTTP GETs at once on one thread: libcurl's socket interface over epoll, so that the cost of
// a request does not grow with the number of those outstanding.
//
// Thread safety: one thread, but for Wake().
class HttpMulti {
 public:
  // One request, over.
  struct Done {
    std::uint64_t id = 0;
    long status = 0;  // 0: no answer.
  };

  static absl::StatusOr<std::unique_ptr<HttpMulti>> Create(Clock::Duration timeout,
                                                           const Clock& clock);
  virtual ~HttpMulti() = default;

  // `id` comes back in Done.
  virtual void Get(const std::string& url, std::uint64_t id) = 0;

  // Waits until `until`, for network events or for Wake(), handles what is there, and appends the
  // requests that ended to `done`.
  virtual void Poll(Clock::Time until, std::vector<Done>& done) = 0;

  // Any thread: ends a Poll() in progress.
  virtual void Wake() = 0;
};

}  // namespace loadline::demo
