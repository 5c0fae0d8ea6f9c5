// The services whose answers are watched passively, by their well-known ports.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace floodgauge {

enum class Service : std::uint8_t { dns, http, https, smtp, mailbox, ssh, other, count_ };
inline constexpr std::size_t kServices = static_cast<std::size_t>(Service::count_);

inline constexpr std::array<std::string_view, kServices> kServiceNames = {
    "dns", "http", "https", "smtp", "mailbox", "ssh", "other"};

/// The service of a server's port (IANA service name registry). The switch compiles to a few
/// comparisons, and is used only for SYNs, SYN-ACKs and DNS messages.
constexpr Service service_of_port(std::uint16_t server_port) {
  switch (server_port) {
    case 53:
    case 853:
      return Service::dns;
    case 80:
    case 8000:
    case 8080:
      return Service::http;
    case 443:
    case 8443:
      return Service::https;
    case 25:
    case 465:
    case 587:
      return Service::smtp;
    case 110:
    case 143:
    case 993:
    case 995:
      return Service::mailbox;
    case 22:
      return Service::ssh;
    default:
      return Service::other;
  }
}

}  // namespace floodgauge
