// A listening TCP socket from "ADDRESS:PORT".
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace floodgauge {

/// Why listening on an address failed; the sentence names the address.
class ListenError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct HostPort {
  std::string host;  ///< without brackets; empty means every address
  std::string port;
};

/// "127.0.0.1:9733", "[::1]:9733", "localhost:9733", ":9733". Throws ListenError.
HostPort split_host_port(const std::string& text);

class ListenSocket {
 public:
  /// Binds and listens in non-blocking mode; port 0 selects a free port. Throws ListenError.
  explicit ListenSocket(const std::string& address);
  ListenSocket(const ListenSocket&) = delete;
  ListenSocket& operator=(const ListenSocket&) = delete;
  ~ListenSocket();

  int fd() const { return fd_; }
  std::uint16_t port() const { return port_; }
  /// The bound address: "127.0.0.1:43211", "[::]:9733".
  const std::string& address() const { return address_; }

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::string address_;
};

}  // namespace floodgauge
