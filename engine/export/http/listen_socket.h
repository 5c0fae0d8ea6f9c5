// A listening TCP socket from "ADDRESS:PORT".
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>

namespace floodgauge {

/// Why an address cannot be listened on, in a sentence that names it.
class ListenError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct HostPort {
  std::string host;  ///< without brackets; empty for every address
  std::string port;
};

/// "127.0.0.1:9733", "[::1]:9733", "localhost:9733", ":9733". Throws ListenError.
HostPort split_host_port(const std::string& text);

class ListenSocket {
 public:
  /// Binds and listens, not blocking; port 0 takes a free one. Throws ListenError.
  explicit ListenSocket(const std::string& address);
  ListenSocket(const ListenSocket&) = delete;
  ListenSocket& operator=(const ListenSocket&) = delete;
  ~ListenSocket();

  int fd() const { return fd_; }
  std::uint16_t port() const { return port_; }
  /// What it is bound to: "127.0.0.1:43211", "[::]:9733".
  const std::string& address() const { return address_; }

 private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
  std::string address_;
};

}  // namespace floodgauge
