#include "engine/export/http/listen_socket.h"

#include <cerrno>
#include <cstring>
#include <memory>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace floodgauge {
namespace {

constexpr int kBacklog = 64;

struct FreeAddresses {
  void operator()(addrinfo* list) const { freeaddrinfo(list); }
};
using Addresses = std::unique_ptr<addrinfo, FreeAddresses>;

Addresses resolve(const HostPort& where, const std::string& text) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  // Every address: where IPv6 exists, the IPv6 socket accepts IPv4 as well.
  const char* host = where.host.empty() ? "::" : where.host.c_str();
  int error = getaddrinfo(host, where.port.c_str(), &hints, &list);
  if (error != 0) throw ListenError(text + " is no address to listen on: " + gai_strerror(error));
  return Addresses(list);
}

/// A descriptor that is bound and listens, or -1 with errno set.
int listen_on(const addrinfo& address) {
  const int fd = socket(address.ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return -1;
  const int on = 1;
  const int off = 0;
  setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (address.ai_family == AF_INET6) setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (bind(fd, address.ai_addr, address.ai_addrlen) == 0 && listen(fd, kBacklog) == 0) return fd;
  const int error = errno;
  close(fd);
  errno = error;
  return -1;
}

std::string why_not(const std::string& text, int error) {
  switch (error) {
    case EADDRINUSE:
      return text + " is in use; stop what listens there, or choose another port";
    case EADDRNOTAVAIL:
      return text + " is not an address of this machine";
    case EACCES:
      return text + " may not be listened on: a port below 1024 needs CAP_NET_BIND_SERVICE";
    default:
      return text + " cannot be listened on: " + std::strerror(error);
  }
}

}  // namespace

HostPort split_host_port(const std::string& text) {
  const std::size_t colon = text.rfind(':');
  HostPort result;
  if (colon != std::string::npos) {
    result.host = text.substr(0, colon);
    result.port = text.substr(colon + 1);
  }
  const bool bracketed = result.host.starts_with('[') && result.host.ends_with(']');
  if (bracketed) result.host = result.host.substr(1, result.host.size() - 2);
  const bool digits = !result.port.empty() && result.port.size() <= 5 &&
                      result.port.find_first_not_of("0123456789") == std::string::npos;
  const bool plain_v6 = !bracketed && result.host.find(':') != std::string::npos;
  if (!digits || plain_v6 || std::stoul(result.port) > 65535) {
    throw ListenError(text + " is no address to listen on; write 127.0.0.1:9733 or [::1]:9733");
  }
  return result;
}

ListenSocket::ListenSocket(const std::string& address) {
  HostPort where = split_host_port(address);
  Addresses list = resolve(where, address);
  fd_ = listen_on(*list);
  if (fd_ < 0 && where.host.empty() && errno == EAFNOSUPPORT) {
    where.host = "0.0.0.0";
    list = resolve(where, address);
    fd_ = listen_on(*list);
  }
  if (fd_ < 0) throw ListenError(why_not(address, errno));
  sockaddr_storage bound{};
  socklen_t length = sizeof bound;
  getsockname(fd_, reinterpret_cast<sockaddr*>(&bound), &length);
  char host[NI_MAXHOST];
  char port[NI_MAXSERV];
  getnameinfo(reinterpret_cast<sockaddr*>(&bound), length, host, sizeof host, port, sizeof port,
              NI_NUMERICHOST | NI_NUMERICSERV);
  port_ = static_cast<std::uint16_t>(std::stoul(port));
  address_ = bound.ss_family == AF_INET6 ? std::string("[") + host + "]" : host;
  address_ += std::string(":") + port;
}

ListenSocket::~ListenSocket() {
  if (fd_ >= 0) close(fd_);
}

}  // namespace floodgauge
