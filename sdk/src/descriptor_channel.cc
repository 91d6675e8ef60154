// SPDX-License-Identifier: Apache-2.0
#include "sdk/src/descriptor_channel.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>

namespace loadline {

bool DescriptorChannel::Open(const std::string& path, const void* request, std::size_t size) {
  Close();
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) {
    return false;
  }
  std::memcpy(address.sun_path, path.data(), path.size());
  // Closed by exec: another program is not what was registered.
  socket_ = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (socket_ < 0 ||
      connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      send(socket_, request, size, MSG_NOSIGNAL) != static_cast<ssize_t>(size)) {
    Close();
    return false;
  }
  return true;
}

void DescriptorChannel::Close() {
  if (socket_ >= 0) {
    close(socket_);
  }
  socket_ = -1;
}

// NOLINTNEXTLINE(readability-make-member-function-const): it takes the message away.
DescriptorChannel::Got DescriptorChannel::Receive(void* message, std::size_t size,
                                                  int& descriptor) {
  descriptor = -1;
  iovec content{.iov_base = message, .iov_len = size};
  alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
  msghdr header{};
  header.msg_iov = &content;
  header.msg_iovlen = 1;
  header.msg_control = control.data();
  header.msg_controllen = control.size();
  const ssize_t got = recvmsg(socket_, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    return Got::kNothing;
  }
  for (cmsghdr* part = CMSG_FIRSTHDR(&header); got > 0 && part != nullptr;
       part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level == SOL_SOCKET && part->cmsg_type == SCM_RIGHTS) {
      std::memcpy(&descriptor, CMSG_DATA(part), sizeof descriptor);
    }
  }
  if (got == static_cast<ssize_t>(size)) {  // Smaller than any buffer: whole, or not at all.
    return Got::kMessage;
  }
  if (descriptor >= 0) {
    close(std::exchange(descriptor, -1));
  }
  return Got::kEnd;
}

}  // namespace loadline
