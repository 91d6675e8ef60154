// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "agent/src/model/signal_book.h"
#include "loadline/v1/self.pb.h"

namespace loadline::agent {

// Replaces the content of `message`.
void FillSignals(const SignalBook::Pools& pools, v1::Signals& message);

}  // namespace loadline::agent
