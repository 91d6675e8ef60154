// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

#include "loadline_abi/host.h"

namespace loadline::agent {

// What stands for the beginning of a path that the kernel side did not keep.
inline constexpr std::string_view kCutPath = "~";

// "10.0.0.5:5432", "[::1]:80"; "10.0.0.7:*" for clients that connected to us; "/run/x.sock",
// "@name" or "~ql/.s.PGSQL.5432" for Unix sockets; "" for none.
std::string PeerText(const ll_peer& peer);

}  // namespace loadline::agent
