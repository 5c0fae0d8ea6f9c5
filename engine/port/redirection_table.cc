#include "engine/port/redirection_table.h"

#include <algorithm>
#include <numeric>

#include <rte_ethdev.h>

#include "engine/port/symmetric_rss.h"

namespace floodgauge {
namespace {

constexpr std::size_t kGroup = RTE_ETH_RETA_GROUP_SIZE;

/// Groups of entries as DPDK takes them, all entries of a table of `size` marked.
std::vector<rte_eth_rss_reta_entry64> groups_of(std::size_t size) {
  std::vector<rte_eth_rss_reta_entry64> groups((size + kGroup - 1) / kGroup);
  for (std::size_t i = 0; i < size; ++i) groups[i / kGroup].mask |= std::uint64_t{1} << i % kGroup;
  return groups;
}

}  // namespace

std::uint32_t common_shares(std::span<const std::uint16_t> sizes, std::uint32_t queues) {
  std::uint32_t shares = kHashShares;
  for (const std::uint16_t size : sizes) {
    if (size == 0) return 0;
    shares = std::gcd(shares, std::uint32_t{size});
  }
  return shares < queues ? 0 : shares;
}

std::vector<std::uint16_t> redirection_table(std::uint16_t size, std::uint32_t shares,
                                             std::uint32_t queues) {
  std::vector<std::uint16_t> table(size);
  for (std::uint32_t i = 0; i < size; ++i) {
    table[i] = static_cast<std::uint16_t>(queue_of_share(i % shares, shares, queues));
  }
  return table;
}

int write_redirection(std::uint16_t port, std::span<const std::uint16_t> table) {
  std::vector<rte_eth_rss_reta_entry64> groups = groups_of(table.size());
  for (std::size_t i = 0; i < table.size(); ++i) groups[i / kGroup].reta[i % kGroup] = table[i];
  return rte_eth_dev_rss_reta_update(port, groups.data(), static_cast<std::uint16_t>(table.size()));
}

std::vector<std::uint16_t> read_redirection(std::uint16_t port, std::uint16_t size) {
  std::vector<rte_eth_rss_reta_entry64> groups = groups_of(size);
  if (rte_eth_dev_rss_reta_query(port, groups.data(), size) != 0) return {};
  std::vector<std::uint16_t> table(size);
  for (std::size_t i = 0; i < size; ++i) table[i] = groups[i / kGroup].reta[i % kGroup];
  return table;
}

}  // namespace floodgauge
