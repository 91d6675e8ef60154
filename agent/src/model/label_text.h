// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace loadline::agent {

// `name` with a '?' for every byte that is a control character or not part of valid UTF-8.
//
// A thread may call itself anything, and the kernel cuts its name after 15 bytes, in mid-character
// too. One such label value would make Prometheus refuse the whole scrape, and gRPC the message.
std::string LabelText(std::string_view name);

}  // namespace loadline::agent
