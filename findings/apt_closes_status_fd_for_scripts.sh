#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Software:  apt 2.6.1 (Debian 12)
# Expected:  APT::Status-Fd=1 sends the reports of progress to the standard output, among what dpkg and the
#            packages' scripts print there; a front end takes the lines that begin with pmstatus: out.
# Behaviour: apt marks the descriptor of its reports close-on-exec, whatever its number. With 1, dpkg and
#            every script that it runs start without a standard output: a script whose `echo` fails
#            ends the installation with code 100. Few packages print, so most installations succeed.
# Seen:      status on 1: closed; status on 3: open. In a real installation, of ccache:
#            "ccache.postinst: 5: echo: echo: I/O error".
# Matters:   cmake/deps.sh takes the reports on a descriptor of their own.
#
# Exit 0: as described; 1: it changed; 77: something is missing here.
set -euo pipefail
version=2.6.1

folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
apt-get download -qq "apt=$version" "libapt-pkg6.0=$version" 2>/dev/null ||
  { echo "skipped: no apt $version to download"; exit 77; }
for each in apt_*.deb libapt-pkg6.0_*.deb; do dpkg-deb -x "$each" .; done
mkdir -p lists/partial cache/archives/partial log
: >status
mkdir -p empty/DEBIAN
printf '%s\n' 'Package: empty' 'Version: 1' 'Architecture: all' 'Maintainer: A <a@example.org>' \
  'Description: holds nothing' >empty/DEBIAN/control
dpkg-deb -b empty "$folder/empty.deb" >dpkg-deb.log
# In dpkg's place: says whether it has a standard output.
cat >dpkg <<'END'
#!/bin/sh
case "$*" in
  *--unpack* | *--configure* | *--install* | *" -i "*)
    is=closed
    [ ! -e "/proc/$$/fd/1" ] || is=open
    echo $is >>"$SEEN" ;;
  *--print-architecture*) dpkg --print-architecture ;;
esac
END
chmod +x dpkg

output_with() {  # output_with FD: what dpkg's standard output is when apt reports on FD.
  : >seen
  SEEN=$folder/seen LD_LIBRARY_PATH=$folder/usr/lib/x86_64-linux-gnu usr/bin/apt-get -qq -y \
    -o Dir::Bin::dpkg="$folder/dpkg" -o Dir::State="$folder" -o Dir::State::lists="$folder/lists" \
    -o Dir::State::status="$folder/status" -o Dir::Cache="$folder/cache" -o Dir::Log="$folder/log" \
    -o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=/dev/null -o Debug::NoLocking=1 \
    -o Dpkg::Use-Pty=false -o APT::Status-Fd="$1" install "$folder/empty.deb" \
    >out 2>err 3>report || true
  sort -u seen | paste -sd,
}

on_1=$(output_with 1)
on_3=$(output_with 3)
[ -n "$on_1$on_3" ] || { echo "skipped: apt did not come as far as dpkg: $(tail -n 1 err)"; exit 77; }
echo "status on 1: $on_1; status on 3: $on_3"
[ "$on_1" = closed ] && [ "$on_3" = open ] || { echo "changed: see above"; exit 1; }
