// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "loadline_abi/host.h"

namespace loadline::agent {

// "10.0.0.5:5432", "[::1]:80"; "10.0.0.7:*" for clients that connected to us; "" for none.
std::string PeerText(const ll_peer& peer);

}  // namespace loadline::agent
