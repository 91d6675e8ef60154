// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>

#include "agent/src/sampler/thread_sample.h"
#include "loadline_abi/host.h"

namespace loadline::agent {

// One thread: what its slot says, what the walk over the threads adds to it, and the interval that
// is open at `now_ns`, all on the scheduler's clock. The two must be of the same thread, and `out`
// as it was made.
void FillSample(const ll_slot& slot, const ll_record& record, std::uint64_t now_ns,
                ThreadSample& out);

// What the kernel side says of a wait, as a sample has it: ll_peer::asks, and ll_record::polled.
Asks AsksFrom(std::uint8_t number);
std::uint64_t PlaceOf(std::uint64_t file);

}  // namespace loadline::agent
