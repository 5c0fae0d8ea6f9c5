// Device strings as the configuration and DPDK write them: "0000:03:00.0" for a PCI device, or a
// virtual device with arguments, such as "net_af_packet0,iface=eth0".
#pragma once

#include <string>

namespace floodgauge {

/// True for "0000:03:00.0" and "03:00.0", with or without arguments after a comma.
bool is_pci_device(const std::string& device);

/// The value of argument `key` ("iface"); empty if the device string does not have it.
std::string device_argument(const std::string& device, const std::string& key);

/// The name that DPDK gives to the port of a device.
std::string port_name(const std::string& device);

}  // namespace floodgauge
