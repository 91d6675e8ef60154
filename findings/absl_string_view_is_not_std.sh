#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Software:  libabsl-dev 20220623.1-1+deb12u2 (Debian 12), with g++ 12.2 -std=c++20
# Expected:  absl::string_view is std::string_view wherever that exists, so in C++20 absl::StrSplit()
#            takes a std::string_view.
# Behaviour: the package was built as C++14 and pins that in absl/base/options.h. The two are
#            different types in every program, whatever its -std; a std::string converts, a
#            std::string_view does not.
# Seen:      error: no matching function for call to 'StrSplit(std::string_view, char)'
# Matters:   agent/src/daemon/config.cc splits a list by hand.
#
# Exit 0: as described; 1: it changed; 77: something is missing here.
set -euo pipefail
version=20220623.1-1+deb12u2

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
command -v g++ >/dev/null || { echo "skipped: no g++"; exit 77; }
apt-get download -qq "libabsl-dev=$version" 2>/dev/null ||
  { echo "skipped: no libabsl-dev $version to download"; exit 77; }
dpkg-deb -x libabsl-dev_*.deb .

split() {  # split TYPE: compiles a split of a value of that type.
  cat >split.cc <<EOF
#include <string>
#include <string_view>
#include <vector>
#include "absl/strings/str_split.h"
std::vector<std::string> Split($1 text) { return absl::StrSplit(text, ','); }
EOF
  g++ -std=c++20 -fsyntax-only -I usr/include split.cc >"$1.log" 2>&1
}

split "std::string" || { echo "changed: a std::string is refused too"; exit 1; }
if split "std::string_view"; then
  echo "changed: absl::StrSplit() takes a std::string_view"
  exit 1
fi
grep -m 1 "error:" std::string_view.log
