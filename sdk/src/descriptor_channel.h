// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <string>
#include <utility>

namespace loadline {

// A Unix socket from which messages of a fixed size come, each with a descriptor or without. Never
// waits.
//
// Thread safety: none.
class DescriptorChannel {
 public:
  DescriptorChannel() = default;
  ~DescriptorChannel() { Close(); }
  DescriptorChannel(const DescriptorChannel&) = delete;
  DescriptorChannel& operator=(const DescriptorChannel&) = delete;

  // Connects and sends `request`. False: nobody is there.
  bool Open(const std::string& path, const void* request, std::size_t size);
  void Close();
  bool open() const { return socket_ >= 0; }

  enum class Got { kNothing, kMessage, kEnd };
  // `descriptor` is the caller's, -1 for none.
  Got Receive(void* message, std::size_t size, int& descriptor);

 private:
  int socket_ = -1;
};

}  // namespace loadline
