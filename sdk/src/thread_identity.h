// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <signal.h>

#include <string>
#include <string_view>

namespace loadline {

// "<name>-<number>", the name cut so that the whole fits the 15 characters that the kernel keeps.
std::string ThreadName(std::string_view name, int number);

// Names the calling thread.
void NameThisThread(const std::string& name);

// The signals that the calling thread blocks.
sigset_t BlockedSignals();

}  // namespace loadline
