// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/door.h"

#include <algorithm>

namespace loadline::agent {
namespace {

struct Place {
  std::string_view host;
  std::string_view port;  // Empty: `host` is no address with a port.
};

Place PlaceOf(std::string_view address) {
  const std::size_t colon = address.rfind(':');
  const bool is_path =
      address.empty() || address.front() == '/' || address.front() == '@' || address.front() == '~';
  if (is_path || colon == std::string_view::npos) {
    return {.host = address, .port = {}};
  }
  return {.host = address.substr(0, colon), .port = address.substr(colon + 1)};
}

bool IsLoopback(std::string_view host) { return host == "[::1]" || host.starts_with("127."); }

}  // namespace

bool IsDoorOf(std::string_view peer, const Door& door) {
  if (peer.empty()) {
    return false;
  }
  if (peer == door.address) {
    return true;
  }
  const Place called = PlaceOf(peer);
  const Place own = PlaceOf(door.address);
  if (called.port.empty() || called.port != own.port) {
    return false;
  }
  const bool of_all = own.host == "[::]" || own.host == "0.0.0.0";
  const bool of_family = own.host == "[::]" || !called.host.starts_with('[');
  return of_all && of_family &&
         (IsLoopback(called.host) ||
          std::ranges::find(door.hosts, called.host) != door.hosts.end());
}

}  // namespace loadline::agent
