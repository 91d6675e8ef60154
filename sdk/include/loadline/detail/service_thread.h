// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <thread>

namespace loadline::detail {

// Starts a thread of the SDK's own: named, and deaf to signals, whose handlers belong on threads of
// the service. So are the threads that it starts in turn.
//
// Throws std::system_error where no thread can be started.
std::thread StartServiceThread(const std::string& name, std::function<void()> run);

}  // namespace loadline::detail
