#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Software:  clang-14 1:14.0.6-12 with libstdc++-12-dev 12.2.0-14+deb12u1, both Debian 12's default
# Expected:  the two go together: <ranges> of the one compiles with the other, as with g++ 12.
# Behaviour: what makes a view or a subrange does not: std::views::reverse, std::views::split and
#            std::ranges::unique are refused, since clang checks a constraint while the class that
#            it is about is not complete. std::ranges::sort, find and the like compile.
# Seen:      error: no matching function for call to '__begin'
# Matters:   clang-tidy stops at such a source and reads none of its functions; make lint-threads
#            would fail. So agent/src has no views: see OverheadBudget::TakeUp.
#
# Exit 0: as described; 1: it changed; 77: something is missing here.
set -euo pipefail
clang=1:14.0.6-12
gcc=12.2.0-14+deb12u1

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq "clang-14=$clang" "libclang-common-14-dev=$clang" "libclang-cpp14=$clang" \
  "libllvm14=$clang" "libstdc++-12-dev=$gcc" "libgcc-12-dev=$gcc" 2>/dev/null ||
  { echo "skipped: no clang-14 $clang with libstdc++-12-dev $gcc to download"; exit 77; }
for package in *.deb; do dpkg-deb -x "$package" .; done
export LD_LIBRARY_PATH=$folder/usr/lib/llvm-14/lib:$folder/usr/lib/x86_64-linux-gnu

compiles() {  # compiles EXPRESSION: of a std::vector<int>& v.
  cat >one.cc <<EOF
#include <algorithm>
#include <ranges>
#include <vector>
void One(std::vector<int>& v) { $1; }
EOF
  usr/lib/llvm-14/bin/clang -x c++ -std=c++20 --gcc-toolchain="$folder/usr" -fsyntax-only \
    -Wno-unused one.cc >one.log 2>&1
}

compiles "std::ranges::sort(v)" ||
  { echo "skipped: this clang does not run here: $(grep -m 1 . one.log)"; exit 77; }
for refused in "std::views::reverse(v)" "std::views::split(v, 1)" "std::ranges::unique(v)"; do
  if compiles "$refused"; then
    echo "changed: $refused compiles"
    exit 1
  fi
  echo "$refused: $(grep -om 1 "error: .*" one.log)"
done
