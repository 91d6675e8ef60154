// SPDX-License-Identifier: Apache-2.0
// Goal: an inode becomes the address of the far end, as the probes would write it.
// Method: lines of /proc/net/tcp and tcp6 from a real host (little-endian).
#include "agent/src/sampler/proc_sockets.h"

#include "gtest/gtest.h"

namespace loadline::agent {
namespace {

constexpr char kHeading[] =
    "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout "
    "inode\n";

std::string Line(const std::string& addresses, const std::string& state, int inode) {
  return "   0: " + addresses + " " + state +
         " 00000000:00000000 00:00000000 00000000     0        0 " + std::to_string(inode) +
         " 1 000000004d9942f9 100 0 0 10 0\n";
}

std::string PeerOf(const std::string& addresses, const PortSet& listened = {}) {
  ProcSocketTable table;
  ParseSocketTable(kHeading + Line(addresses, "01", 1060), listened, table);
  return table.contains(1060) ? table[1060].peer.text : "no such socket";
}

TEST(ProcSocketsTest, AConnectionThatWeMadeHasAnAddressAndAPort) {
  EXPECT_EQ(PeerOf("0100007F:C350 0500000A:1538"), "10.0.0.5:5432");
}

TEST(ProcSocketsTest, AClientsPortMeansNothing) {
  EXPECT_EQ(PeerOf("0100007F:1F90 0500000A:C350"), "10.0.0.5:*");
}

TEST(ProcSocketsTest, WhoConnectsToAListenerIsAClientWhateverThePorts) {
  EXPECT_EQ(PeerOf("0100007F:C350 0500000A:0400", {50000}), "10.0.0.5:*");
  EXPECT_EQ(PeerOf("0100007F:C350 0500000A:C351", {50000}), "10.0.0.5:*");
  EXPECT_EQ(PeerOf("0100007F:C351 0500000A:C350", {50000}), "10.0.0.5:50000");
}

TEST(ProcSocketsTest, ListenedPortsAreThoseOfListeners) {
  PortSet ports;
  ParseListenedPorts(kHeading + Line("00000000:07E8 00000000:0000", "0A", 7) +
                         Line("0100007F:C350 0500000A:1538", "01", 8) + "garbage\n",
                     ports);
  EXPECT_EQ(ports, PortSet{0x7e8});
}

TEST(ProcSocketsTest, Ipv6StandsInBrackets) {
  EXPECT_EQ(PeerOf("00000000000000000000000001000000:C350 00000000000000000000000001000000:0050"),
            "[::1]:80");
}

TEST(ProcSocketsTest, AMappedIpv4AddressIsOne) {
  EXPECT_EQ(PeerOf("0000000000000000FFFF00000100007F:C350 0000000000000000FFFF00000500000A:0050"),
            "10.0.0.5:80");
}

TEST(ProcSocketsTest, AListenerHasNoPeer) {
  ProcSocketTable table;
  ParseSocketTable(kHeading + Line("00000000:07E8 00000000:0000", "0A", 7), {}, table);
  ASSERT_TRUE(table.contains(7));
  EXPECT_TRUE(table[7].listening);
  EXPECT_EQ(table[7].peer.text, "");
}

TEST(ProcSocketsTest, WhatIsNoSocketIsPassedOver) {
  ProcSocketTable table;
  ParseSocketTable(kHeading + Line("0100007F:C350 0500000A:1538", "06", 0) + "garbage\n\n" +
                       Line("0100007F:C350 0500000A", "01", 9),
                   {}, table);
  EXPECT_TRUE(table.empty());
}

}  // namespace
}  // namespace loadline::agent
