// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace loadline::demo {

// Whether nobody listens on this port of the loopback. Somebody may a moment later.
bool PortIsFree(int port);

// A port of the loopback that nobody listens on now; 0: none could be had.
int FindFreePort();

}  // namespace loadline::demo
