// SPDX-License-Identifier: Apache-2.0
// Goal: a process is known by its container or unit, whoever made the cgroup and however it is
// mounted. Method: /proc/<pid>/cgroup as seen under each runtime, driver and hierarchy.
#include "agent/src/sampler/proc_container.h"

#include <string>
#include <vector>

#include "absl/strings/str_replace.h"
#include "gtest/gtest.h"

namespace loadline::agent {
namespace {

constexpr char kId[] = "5c1f0a7b2d3e4f5061728394a5b6c7d8e9f00112233445566778899aabbccdde";

struct Row {
  std::string name;
  std::string cgroup;  // ID stands for an id.
  std::string container;
};

TEST(ContainerNameTest, IsThatOfEachRuntime) {
  const std::vector<Row> rows = {
      {"docker, v2 with systemd", "0::/system.slice/docker-ID.scope\n", "docker/5c1f0a7b2d3e"},
      {"docker, v1", "12:pids:/docker/ID\n5:cpu,cpuacct:/docker/ID\n0::/system.slice/x.service\n",
       "docker/5c1f0a7b2d3e"},
      {"docker, systemd inside", "0::/docker/ID/system.slice/nginx.service\n",
       "docker/5c1f0a7b2d3e"},
      {"docker, hybrid", "4:memory:/docker/ID\n1:name=systemd:/docker/ID\n0::/\n",
       "docker/5c1f0a7b2d3e"},
      {"containerd, v2",
       "0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod3f1d2c4b_5a.slice/"
       "cri-containerd-ID.scope\n",
       "kubernetes/3f1d2c4b-5a/5c1f0a7b2d3e"},
      {"containerd, cgroupfs driver told to be systemd",
       "0::/system.slice/containerd.service/kubepods-besteffort-pod3f.slice:cri-containerd:ID\n",
       "kubernetes/3f/5c1f0a7b2d3e"},
      {"kubernetes, v1 with cgroupfs", "3:cpu:/kubepods/burstable/pod3f1d2c4b-5a6b/ID\n",
       "kubernetes/3f1d2c4b-5a6b/5c1f0a7b2d3e"},
      {"containerd, without Kubernetes", "0::/system.slice/cri-containerd-ID.scope\n",
       "containerd/5c1f0a7b2d3e"},
      {"cri-o", "0::/kubepods.slice/kubepods-pod3f.slice/crio-ID.scope\n",
       "kubernetes/3f/5c1f0a7b2d3e"},
      {"podman", "0::/machine.slice/libpod-ID.scope/container\n", "podman/5c1f0a7b2d3e"},
      {"podman, rootless",
       "0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-ID.scope\n",
       "podman/5c1f0a7b2d3e"},
      {"a cluster in a container",
       "0::/docker/ffffffffffffffffffffffffffffffff/kubelet/kubepods/"
       "pod3f/ID\n",
       "kubernetes/3f/5c1f0a7b2d3e"},
      {"ecs", "3:cpu:/ecs/0123456789abcdef0123456789abcdef/ID\n", "ecs/5c1f0a7b2d3e"},
      {"lxc", "0::/lxc.payload.web1/system.slice/nginx.service\n", "lxc/web1"},
      {"lxc, old", "4:cpu:/lxc/web1\n", "lxc/web1"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(ContainerName(absl::StrReplaceAll(row.cgroup, {{"ID", kId}})), row.container);
  }
}

TEST(ContainerNameTest, IsTheUnitWhereThereIsNoContainer) {
  const std::vector<Row> rows = {
      {"service", "0::/system.slice/nginx.service\n", "nginx.service"},
      {"part of a service", "0::/system.slice/app.service/workers\n", "app.service"},
      {"instance", "0::/system.slice/system-postgresql.slice/postgresql@15-main.service\n",
       "postgresql@15-main.service"},
      {"escaped", "0::/machine.slice/machine-qemu\\x2d1\\x2dvm.scope\n", "machine-qemu-1-vm.scope"},
      {"session", "0::/user.slice/user-1000.slice/session-3.scope\n", "user-1000.slice"},
      {"a user's service",
       "0::/user.slice/user-1000.slice/user@1000.service/app.slice/pulse.service\n",
       "pulse.service"},
      {"hybrid", "5:cpu:/\n1:name=systemd:/system.slice/cron.service\n0::/\n", "cron.service"},
      {"init", "0::/init.scope\n", "init.scope"},
  };
  for (const Row& row : rows) {
    SCOPED_TRACE(row.name);
    EXPECT_EQ(ContainerName(row.cgroup), row.container);
  }
}

TEST(ContainerNameTest, IsEmptyWhereNothingIsKnown) {
  for (const char* cgroup : {"", "0::/\n", "9:name=systemd:/\n1:cpu:/\n0::/\n", "0::/user.slice\n",
                             "garbage\n", "0::/deadbeef\n"}) {
    EXPECT_EQ(ContainerName(cgroup), "") << cgroup;
  }
}

}  // namespace
}  // namespace loadline::agent
