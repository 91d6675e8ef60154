// SPDX-License-Identifier: Apache-2.0
// The kernel/user contract is C11 as well, and spells out its padding: this file only has to compile.
#include "loadline_abi/doors.h"
#include "loadline_abi/histogram.h"
#include "loadline_abi/host.h"
#include "loadline_abi/wakeups.h"
