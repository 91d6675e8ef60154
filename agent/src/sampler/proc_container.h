// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <string_view>

namespace loadline::agent {

// The container or unit that a process belongs to, by its /proc/<pid>/cgroup: v1, v2 or hybrid.
//
//     docker-5c1f....scope, /docker/5c1f...             docker/5c1f0a7b2d3e
//     cri-containerd-5c1f....scope                      containerd/5c1f0a7b2d3e
//     /kubepods/burstable/pod3f1d-.../5c1f...           kubernetes/3f1d-.../5c1f0a7b2d3e (pod's
//     uid) libpod-5c1f....scope                              podman/5c1f0a7b2d3e /lxc.payload.web
//     lxc/web /system.slice/nginx.service                       nginx.service
//     /user.slice/user-1000.slice/session-3.scope       user-1000.slice
//
// The innermost container wins, and over any unit: a unit inside of one is that container's
// business. Empty: neither, as for the kernel's threads, or where a hybrid shows nothing but "/".
std::string ContainerName(std::string_view cgroup);

}  // namespace loadline::agent
