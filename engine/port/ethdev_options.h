// How an ethdev port is to be set up.
#pragma once

#include <cstdint>
#include <string>

namespace floodgauge {

struct EthdevPortOptions {
  std::string name;    ///< in the configuration
  std::string device;  ///< device string, see device_string.h
  std::uint16_t rx_queues = 1;
  std::uint16_t tx_queues = 0;       ///< 0: no packets are forwarded to the port
  std::uint16_t descriptors = 1024;  ///< per queue
  std::uint32_t mtu = 0;             ///< bytes; 0: the device's MTU is left alone
  /// Packets of this port that may wait in other ports' transmit queues.
  std::uint32_t forwarded_mbufs = 0;
};

}  // namespace floodgauge
