# SPDX-License-Identifier: Apache-2.0
"""A Haskell web server (GHC's threaded runtime, two capabilities) without a request."""
from case import Case, rest
from programs.service import up


def play(stage):
    port = stage.port()
    journal = stage.file("a.journal", "2024-01-01 a\n  b  1\n  c\n")
    server = up(stage, stage.start("/usr/bin/hledger-web", "-f", journal, "--serve", "--host=127.0.0.1", f"--port={port}",
                                   "+RTS", "-N2"), port)
    yield server.whom


CASE = Case(seen="a GHC runtime at rest", expect=rest(), packages=("hledger-web",), runtime="ghc", at_rest=True,
            kind="shared_poll")
