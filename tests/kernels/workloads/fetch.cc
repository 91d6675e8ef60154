// SPDX-License-Identifier: Apache-2.0
// Prints what http://127.0.0.1:PORT/PATH answers: fetch PORT PATH. Exits with 1 if nothing does.
//
// The guests have no curl, and the wget of a busybox that is linked statically needs the resolver
// of the very glibc that it was made with.
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <string>

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: fetch PORT PATH\n", stderr);
    return 2;
  }
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(std::atoi(argv[1])));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int server = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(server, reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) {
    return 1;
  }
  const std::string request =
      std::string("GET ") + argv[2] + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
  if (send(server, request.data(), request.size(), 0) != static_cast<ssize_t>(request.size())) {
    return 1;
  }
  std::string answer;
  std::array<char, 4096> part;
  for (ssize_t size = 0; (size = recv(server, part.data(), part.size(), 0)) > 0;) {
    answer.append(part.data(), static_cast<std::size_t>(size));
  }
  const std::size_t body = answer.find("\r\n\r\n");
  if (!answer.starts_with("HTTP/1.1 200 ") || body == std::string::npos) {
    return 1;
  }
  std::puts(answer.c_str() + body + 4);
  return 0;
}
