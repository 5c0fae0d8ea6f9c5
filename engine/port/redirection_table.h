// A NIC's redirection table: which receive queue gets the packets of a hash. The NIC takes the
// entry `hash` modulo the size of its table (M. Makineni et al., "Receive Side Scaling", NDIS 6;
// DPDK's Programmer's Guide, "Receive Side Scaling"). Tables of different NICs have different
// sizes, and drivers fill them as they like. Two ports of one link see one direction of a flow
// each, so the tables of all ports must lead a hash to the same queue.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace floodgauge {

/// Into how many shares all tables divide the hashes alike: the largest number that divides
/// kHashShares and each of `sizes`. With kHashShares, the tables lead every address pair to the
/// worker that captures and SoftwareRss lead it to, for up to 32 workers. 0 if a size is 0 (the
/// device says none), or if there are fewer shares than `queues`.
std::uint32_t common_shares(std::span<const std::uint16_t> sizes, std::uint32_t queues);

/// The queue of each entry of a table of `size` entries, which `shares` divides: queue_of_share().
std::vector<std::uint16_t> redirection_table(std::uint16_t size, std::uint32_t shares,
                                             std::uint32_t queues);

/// Writes it into the table of DPDK's port `port`. Returns 0 or a negative errno, -ENOTSUP where
/// the driver has no such function.
int write_redirection(std::uint16_t port, std::span<const std::uint16_t> table);

/// Reads the table of DPDK's port `port`, of `size` entries; empty if the driver cannot.
std::vector<std::uint16_t> read_redirection(std::uint16_t port, std::uint16_t size);

}  // namespace floodgauge
