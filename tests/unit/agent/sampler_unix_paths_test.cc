// SPDX-License-Identifier: Apache-2.0
// Goal: the far end of a Unix socket has its whole path where that can be told, and never a wrong
// one. Method: endings as the kernel side keeps them, beside a tree like /proc.
#include <gtest/gtest.h>

#include <cstring>
#include <string>

#include "agent/src/kernel/peer_text.h"
#include "agent/src/kernel/unix_paths.h"
#include "proc_fake.h"

namespace loadline::agent {
namespace {

ll_peer Peer(std::string path) {
  ll_peer peer{};
  peer.family = 1;
  peer.port = static_cast<__u16>(path.size());
  const std::size_t tail = std::min(path.size(), sizeof(peer.addr));
  std::memcpy(peer.addr, path.data() + path.size() - tail, tail);
  return peer;
}

constexpr char kTable[] =
    "Num       RefCount Protocol Flags    Type St Inode Path\n"
    "0000000000000000: 00000002 00000000 00010000 0001 01 11111 /var/run/postgresql/.s.PGSQL.5432\n"
    "0000000000000000: 00000003 00000000 00000000 0001 03 22222 /var/run/postgresql/.s.PGSQL.5432\n"
    "0000000000000000: 00000003 00000000 00000000 0001 03 33333\n"
    "0000000000000000: 00000002 00000000 00010000 0001 01 44444 /srv/blue/app/with blank/api.sock\n"
    "0000000000000000: 00000002 00000000 00010000 0001 01 55555 /srv/gree/app/with blank/api.sock\n"
    "0000000000000000: 00000002 00000000 00010000 0001 01 66666 @/tmp/.X11-unix/X0\n";

class UnixPathsTest : public ::testing::Test {
 protected:
  std::string Of(const std::string& path) {
    std::string text = PeerText(Peer(path));
    paths_.Complete(100, text);
    return text;
  }

  testing::FakeProc proc_{testing::FakeProc::Processes{}};
  UnixPaths paths_{proc_.top()};
};

TEST_F(UnixPathsTest, AShortPathNeedsNoTable) {
  EXPECT_EQ(Of("/run/x.sock"), "/run/x.sock");
  EXPECT_EQ(Of(std::string("\0name", 5)), "@name");
}

TEST_F(UnixPathsTest, ALongOneIsCompletedFromTheTableOfItsProcess) {
  proc_.Write("100/net/unix", kTable);
  EXPECT_EQ(Of("/var/run/postgresql/.s.PGSQL.5432"), "/var/run/postgresql/.s.PGSQL.5432");
  EXPECT_EQ(Of(std::string("\0/tmp/.X11-unix/X0", 18)), "@/tmp/.X11-unix/X0");
}

TEST_F(UnixPathsTest, OneThatCouldBeTwoIsNone) {
  proc_.Write("100/net/unix", kTable);
  EXPECT_EQ(Of("/srv/blue/app/with blank/api.sock"), "~h blank/api.sock");
}

TEST_F(UnixPathsTest, OneThatIsNotThereIsAskedForAgainLater) {
  EXPECT_EQ(Of("/var/run/postgresql/.s.PGSQL.5432"), "~ql/.s.PGSQL.5432");
  proc_.Write("100/net/unix", kTable);
  EXPECT_EQ(Of("/var/run/postgresql/.s.PGSQL.5432"), "~ql/.s.PGSQL.5432");
  for (std::uint64_t i = 0; i < UnixPaths::kTryAgain; ++i) {
    paths_.BeginReading();
  }
  EXPECT_EQ(Of("/var/run/postgresql/.s.PGSQL.5432"), "/var/run/postgresql/.s.PGSQL.5432");
}

TEST_F(UnixPathsTest, AddressesAreLeftAlone) {
  std::string text = "10.0.0.5:5432";
  paths_.Complete(100, text);
  EXPECT_EQ(text, "10.0.0.5:5432");
}

}  // namespace
}  // namespace loadline::agent
