// SPDX-License-Identifier: Apache-2.0
// Goal: the table shows trouble first, in 80 columns, and counts what it hides.
// Method: golden tables of a fixed snapshot.
#include "agent/cli/pools_table.h"

#include <gmock/gmock.h>
#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>

namespace loadline::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

v1::PoolsSnapshot Host() {
  v1::PoolsSnapshot snapshot;
  google::protobuf::TextFormat::ParseFromString(
      R"pb(
        source: "bpf"
        cpus: 2
        cpu_idle_fraction: 0.1
        pools { process: "nginx" pid: 80 pool: "nginx" threads: 4 idle: 4 severity: "ample" }
        pools {
          process: "java"
          pid: 99
          pool: "ForkJoinPool"
          threads: 8
          working: 1
          runnable: 5
          waiting: 2
          severity: "tight"
          cause: "neighbour"
          culprit: "cc1plus"
          trouble: 1.5
          waits { reason: "lock" threads: 2 }
        }
        pools {
          process: "shop"
          pid: 4711
          pool: "worker-*"
          threads: 200
          working: 2
          waiting: 198
          container: "shop.service"
          severity: "exhausted"
          cause: "dependency"
          culprit: "10.0.0.5:5432"
          trouble: 194
          waits { reason: "network" threads: 196 }
          waits { reason: "lock" threads: 2 }
          peers { address: "10.0.0.5:5432" threads: 196 }
        }
        pools { process: "kworker/0:*" pid: 12 pool: "kworker/0:*" threads: 3 waiting: 3 }
      )pb",
      &snapshot);
  return snapshot;
}

TEST(PoolsTableTest, TroubleComesFirstAndTheRestIsCounted) {
  EXPECT_EQ(PoolsTable(Host(), {}),
            R"(PROCESS/POOL               PID THRDS WORK  RUN WAIT IDLE  SEVERITY  CAUSE
shop/worker-*             4711   200    2    0  198    0  exhausted dependency
    shop.service; waits for 10.0.0.5:5432; now 196 network (10.0.0.5:5432), 2
    lock
java/ForkJoinPool           99     8    1    5    2    0  tight     neighbour
    waits for a CPU behind cc1plus; now 2 lock
2 pools more, in no trouble (--all shows them)
CPUs: 2, 10 % idle. Measured by bpf.
)");
}

TEST(PoolsTableTest, AllShowsTheQuietOnesBehindThem) {
  const std::string table = PoolsTable(Host(), {.all = true});
  EXPECT_THAT(table,
              EndsWith("nginx                       80     4    0    0    0    4  ample     -\n"
                       "kworker/0:*                 12     3    0    0    3    0  -         -\n"
                       "CPUs: 2, 10 % idle. Measured by bpf.\n"));
}

TEST(PoolsTableTest, AHostWithoutTroubleHasNoTable) {
  v1::PoolsSnapshot quiet = Host();
  quiet.mutable_pools()->DeleteSubrange(1, 2);
  EXPECT_EQ(PoolsTable(quiet, {}),
            "2 pools, in no trouble (--all shows them)\nCPUs: 2, 10 % idle. Measured by bpf.\n");
}

TEST(PoolsTableTest, APoolOfUnknownSeverityIsShownFromHalfAThreadOn) {
  v1::PoolsSnapshot host = Host();
  v1::Pool& client = *host.mutable_pools(0);
  client.set_severity("unknown");
  client.set_trouble(0.04);
  EXPECT_THAT(PoolsTable(host, {}), Not(HasSubstr("nginx")));
  client.set_trouble(0.05);
  EXPECT_THAT(PoolsTable(host, {}), HasSubstr("nginx"));
}

TEST(PoolsTableTest, ALongNameIsCutInItsRowAndWholeBelow) {
  v1::PoolsSnapshot host = Host();
  host.mutable_pools(2)->set_process("a-service-with-a-long-name");
  EXPECT_THAT(PoolsTable(host, {}), HasSubstr("\na-service-with-a-long~    4711"));
  EXPECT_THAT(PoolsTable(host, {}), HasSubstr("\n    a-service-with-a-long-name/worker-*; shop"));
}

}  // namespace
}  // namespace loadline::cli
