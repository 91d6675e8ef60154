// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace loadline::detail {

// Tells a process in which an object was made from its children by fork(), which have a copy of the
// object and none of its threads: to join one there, or to take a lock that one held, is to wait
// for ever.
//
// Children made by clone() without fork() are not seen.
//
// Thread safety: any.
class ForkWatch {
 public:
  ForkWatch() noexcept;
  bool in_child() const noexcept;

 private:
  int forks_;  // Of this process and its forebears, when the object was made.
};

}  // namespace loadline::detail
