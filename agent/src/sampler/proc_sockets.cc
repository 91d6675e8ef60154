// SPDX-License-Identifier: Apache-2.0
#include "agent/src/sampler/proc_sockets.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <utility>

#include "absl/strings/str_cat.h"
#include "agent/src/sampler/proc_text.h"

namespace loadline::agent {
namespace {

constexpr std::string_view kListening = "0A";

// Linux gives out local ports from here on by default: who has one there made the connection.
constexpr std::uint32_t kEphemeralPort = 32768;

struct Endpoint {
  std::string host;
  std::uint32_t port = 0;
};

// "0100007F:1538", or four such words: each in the byte order of the host.
std::optional<Endpoint> ParseEndpoint(std::string_view text) {
  const std::size_t colon = text.find(':');
  Endpoint endpoint;
  if (colon == std::string_view::npos || !ToNumber(text.substr(colon + 1), endpoint.port, 16)) {
    return std::nullopt;
  }
  std::array<std::uint32_t, 4> words{};
  const std::size_t count = colon / 8;
  if (colon % 8 != 0 || (count != 1 && count != 4)) {
    return std::nullopt;
  }
  for (std::size_t i = 0; i < count; ++i) {
    if (!ToNumber(text.substr(i * 8, 8), words[i], 16)) {
      return std::nullopt;
    }
  }
  std::array<char, INET6_ADDRSTRLEN> name{};
  const bool mapped = count == 4 && words[0] == 0 && words[1] == 0 && words[2] == htonl(0xffff);
  if (count == 1 || mapped) {
    inet_ntop(AF_INET, mapped ? &words[3] : words.data(), name.data(), name.size());
    endpoint.host = name.data();
  } else {
    inet_ntop(AF_INET6, words.data(), name.data(), name.size());
    endpoint.host = absl::StrCat("[", name.data(), "]");
  }
  return endpoint;
}

// connect() chooses no port that was bound, so that one of a listener is not a client's by chance.
bool IsInbound(const Endpoint& local, const Endpoint& remote, const PortSet& listened) {
  return remote.port != 0 && (listened.contains(local.port) ||
                              (local.port < kEphemeralPort && remote.port >= kEphemeralPort));
}

PeerAddress PeerOf(const Endpoint& remote, bool inbound) {
  if (remote.port == 0) {
    return {};
  }
  return {inbound ? absl::StrCat(remote.host, ":*") : absl::StrCat(remote.host, ":", remote.port)};
}

}  // namespace

void ParseListenedPorts(std::string_view text, PortSet& ports) {
  Words lines(text, "\n");
  for (std::string_view line = lines.Next(); !line.empty(); line = lines.Next()) {
    Words words(line);
    words.Skip(1);
    const std::optional<Endpoint> local = ParseEndpoint(words.Next());
    words.Skip(1);
    if (local && words.Next() == kListening) {
      ports.insert(local->port);
    }
  }
}

void ParseSocketTable(std::string_view text, const PortSet& listened, ProcSocketTable& table) {
  Words lines(text, "\n");
  for (std::string_view line = lines.Next(); !line.empty(); line = lines.Next()) {
    // sl local remote state tx:rx tr:when retransmits uid timeout inode ...
    Words words(line);
    words.Skip(1);
    const std::optional<Endpoint> local = ParseEndpoint(words.Next());
    const std::optional<Endpoint> remote = ParseEndpoint(words.Next());
    const bool listening = words.Next() == kListening;
    words.Skip(5);
    std::uint64_t inode = 0;
    if (local && remote && ToNumber(words.Next(), inode) && inode != 0) {
      const bool inbound = IsInbound(*local, *remote, listened);
      table[inode] = {.listening = listening, .inbound = inbound, .peer = PeerOf(*remote, inbound)};
    }
  }
}

void ProcSockets::BeginReading(bool fresh) {
  if (fresh) {
    spaces_.clear();
  }
  for (auto& [name, space] : spaces_) {
    space.read_now = false;
  }
}

std::optional<ProcSocket> ProcSockets::Find(pid_t tgid, std::uint64_t inode) {
  std::string name = proc_.ReadLink(absl::StrCat(proc_.OfProcess(tgid), "/ns/net"));
  if (name.empty()) {
    name = absl::StrCat(tgid);
  }
  Namespace& space = spaces_[name];
  auto found = space.sockets.find(inode);
  if (found == space.sockets.end() && !space.read_now) {
    Read(tgid, space);
    found = space.sockets.find(inode);
  }
  if (found == space.sockets.end()) {
    return std::nullopt;
  }
  return found->second;
}

void ProcSockets::Read(pid_t tgid, Namespace& space) {
  space.read_now = true;
  space.sockets.clear();
  const std::string process = proc_.OfProcess(tgid);
  const auto text = [&](const char* table) {
    return proc_.ReadAll(absl::StrCat(process, "/net/", table));
  };
  const std::array tcp = {text("tcp"), text("tcp6")};
  PortSet listened;
  for (const std::string& table : tcp) {
    ParseListenedPorts(table, listened);
  }
  for (const std::string& table : tcp) {
    ParseSocketTable(table, listened, space.sockets);
  }
  for (const char* const table : {"udp", "udp6", "raw", "raw6"}) {
    ParseSocketTable(text(table), {}, space.sockets);
  }
}

}  // namespace loadline::agent
