// Whom a finding is about.
#pragma once

#include <cstdint>

#include "engine/base/address.h"
#include "engine/model/direction.h"

namespace floodgauge {

struct Target {
  IpPrefix address;
  std::uint32_t prefix = 0;             ///< number of the protected prefix that it lies in
  bool group = false;                   ///< a network or a protected prefix; otherwise one host
  std::uint32_t hosts = 1;              ///< hosts of it that are hit in the window
  Direction direction = Direction::in;  ///< out: the target is the host that sends
};

/// True of an address of full length: 32 bits for IPv4, 128 bits for IPv6.
inline bool is_host(const IpPrefix& address) {
  return address.length == (address.v6 ? 128 : 32);
}

}  // namespace floodgauge
