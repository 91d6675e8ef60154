# SPDX-License-Identifier: Apache-2.0
"""The same in Rust, whose Mutex does not say who holds it."""
from case import Case, rest
from programs import own


def play(stage):
    program = own.rust(stage, "receiver.rs", name="resizer")
    yield program.whom
    program.trouble()


CASE = Case(seen="Rust's textbook pool", expect=rest(), packages=("rustc",), runtime="rust", at_rest=True, renamed=True, kind="idle_lock")
