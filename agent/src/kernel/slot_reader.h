// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "loadline_abi/ledger.h"

namespace loadline::agent {

// Copies a slot that the kernel may be writing at this moment. False: it could not be had untorn,
// which takes a writer that stands still in the middle of a switch.
//
// Source: a sequence lock, with plain loads. On machines that reorder loads the fences do the work;
// the kernel's stores are ordered on x86-64, and on arm64 by the context switch around them.
bool ReadSlot(const ll_slot& slot, ll_slot& copy);

}  // namespace loadline::agent
