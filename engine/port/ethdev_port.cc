#include "engine/port/ethdev_port.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <rte_dev.h>
#include <rte_errno.h>
#include <rte_ethdev.h>
#include <rte_mempool.h>

#include "engine/port/device_string.h"
#include "engine/port/mbuf_pool.h"
#include "engine/port/redirection_table.h"
#include "engine/port/symmetric_rss.h"

namespace floodgauge {
namespace {

constexpr std::size_t kLongestKey = 128;

/// Hashes addresses only, so that fragments, which have no ports, go to the queue of their flow.
constexpr std::uint64_t kAddressHash =
    RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_FRAG_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_OTHER | RTE_ETH_RSS_IPV6 |
    RTE_ETH_RSS_FRAG_IPV6 | RTE_ETH_RSS_NONFRAG_IPV6_OTHER | RTE_ETH_RSS_IPV6_EX;
/// For devices that can hash only addresses and ports together.
constexpr std::uint64_t kFlowHash = RTE_ETH_RSS_NONFRAG_IPV4_TCP | RTE_ETH_RSS_NONFRAG_IPV4_UDP |
                                    RTE_ETH_RSS_NONFRAG_IPV6_TCP | RTE_ETH_RSS_NONFRAG_IPV6_UDP;

/// The hash to configure on a device that offers `offered` (RTE_ETH_RSS_*); 0 without RSS.
std::uint64_t hash_for(std::uint64_t offered) {
  if ((offered & RTE_ETH_RSS_IPV4) != 0) return offered & kAddressHash;
  return offered & (kAddressHash | kFlowHash);
}

/// Whether the device's driver may have an interrupt for each receive queue.
bool may_interrupt(const std::string& device) {
  return is_pci_device(device) || device.starts_with("net_tap");
}

std::string reason(int error) {
  return error == 0 ? "no reason given" : rte_strerror(std::abs(error));
}

}  // namespace

std::uint16_t most_rx_queues(const std::string& device) {
  std::uint16_t id = 0;
  rte_eth_dev_info info{};
  const bool known = rte_eth_dev_get_port_by_name(port_name(device).c_str(), &id) == 0 &&
                     rte_eth_dev_info_get(id, &info) == 0;
  return known ? info.max_rx_queues : std::uint16_t{0};
}

EthdevPort::EthdevPort(const EthdevPortOptions& options) : options_(options) {
  set_up();
}

EthdevPort::~EthdevPort() {
  stop();
  if (open_) rte_eth_dev_close(id_);
  rte_mempool_free(pool_);
  for (rte_mempool* pool : earlier_pools_) rte_mempool_free(pool);
}

void EthdevPort::set_up() {
  find();
  open_ = true;
  look_up_node();
  configure();
  set_up_queues();
  socket_losses_.adopt();
}

/// Closes the device and takes it out of DPDK's list, so that find() plugs in a new one.
void EthdevPort::plug_out() {
  stop();
  rte_eth_dev_info info{};
  const bool known = rte_eth_dev_info_get(id_, &info) == 0;
  rte_eth_dev_close(id_);
  if (known) rte_dev_remove(info.device);
  open_ = false;
}

void EthdevPort::close() {
  counted_before_ = counters();
  socket_losses_ = SocketLosses();  // its descriptors are closed with the device
  plug_out();
  // A driver that shares the pool with the kernel (AF_XDP) may not give all buffers back.
  if (rte_mempool_in_use_count(pool_) == 0) return;
  earlier_pools_.push_back(pool_);
  pool_ = nullptr;
}

void EthdevPort::reopen() {
  socket_losses_ = SocketLosses();
  try {
    set_up();
    start();
  } catch (const PortError&) {
    if (open_) plug_out();
    throw;
  }
}

void EthdevPort::fail(const std::string& what) const {
  throw PortError("port " + options_.name + " (" + options_.device + "): " + what);
}

void EthdevPort::find() {
  const std::string known = port_name(options_.device);
  if (rte_eth_dev_get_port_by_name(known.c_str(), &id_) == 0) return;
  if (is_pci_device(options_.device)) {
    fail(
        "no such device, or DPDK has no driver for it; is it bound to vfio-pci? deploy/nic shows "
        "and binds devices");
  }
  const std::string interface = device_argument(options_.device, "iface");
  if (!interface.empty()) interface_ = std::make_unique<KernelInterface>(interface);
  if (interface_ != nullptr && !interface_->exists()) {
    fail("there is no interface " + interface + "; `ip link` lists the interfaces");
  }
  if (known.starts_with("net_af_packet")) {
    const int raw = socket(AF_PACKET, SOCK_RAW, 0);
    if (raw < 0 && errno == EPERM) {
      fail(
          "not permitted; give the process CAP_NET_RAW and CAP_NET_ADMIN "
          "(deploy/systemd/af_packet.conf)");
    }
    if (raw >= 0) ::close(raw);
  }
  const int error = rte_dev_probe(options_.device.c_str());
  if (error != 0 || rte_eth_dev_get_port_by_name(known.c_str(), &id_) != 0) {
    const bool may = geteuid() == 0;
    fail("cannot be opened: " + reason(error) +
         (may ? "; check its name and arguments"
              : "; check its name and arguments, and the process' capabilities"));
  }
}

void EthdevPort::look_up_node() {
  node_ = interface_ != nullptr            ? interface_->node()
          : is_pci_device(options_.device) ? rte_eth_dev_socket_id(id_)
                                           : -1;
}

/// Whether to set the device's MTU. net_af_packet accepts none above 1500, although its rings hold
/// larger frames. In that case the MTU of the kernel's interface must be large enough.
bool EthdevPort::should_set_mtu(std::uint32_t longest_frame) const {
  if (options_.mtu == 0) return false;
  constexpr std::uint32_t kHeaderAndChecksum = 14 + 4;
  if (interface_ == nullptr || options_.mtu + kHeaderAndChecksum <= longest_frame) return true;
  const std::uint32_t own = interface_->mtu().value_or(options_.mtu);
  if (own < options_.mtu) {
    const std::string mtu = std::to_string(options_.mtu);
    fail("the interface has an MTU of " + std::to_string(own) + " and not of " + mtu +
         "; `ip link set " + device_argument(options_.device, "iface") + " mtu " + mtu +
         "` gives it");
  }
  return false;
}

/// Configures RSS so that both directions of an address pair go to the same queue, if the device
/// can do that; otherwise the workers spread packets themselves (SoftwareRss). Returns a
/// description for the log.
std::string EthdevPort::configure_spread(const rte_eth_dev_info& info, rte_eth_conf& conf) {
  static constexpr std::array<std::uint8_t, kLongestKey> kKey = nic_rss_key<kLongestKey>();
  const std::uint64_t hash = hash_for(info.flow_type_rss_offloads);
  if (options_.rx_queues > 1 && hash == 0 && is_pci_device(options_.device)) {
    options_.rx_queues = 1;  // without RSS all packets would come to the first queue
  }
  if (options_.rx_queues == 1) return "one queue";
  const std::string queues = std::to_string(options_.rx_queues) + " queues, spread ";
  if (hash == 0) return queues + "outside DPDK";
  conf.rxmode.mq_mode = RTE_ETH_MQ_RX_RSS;
  conf.rx_adv_conf.rss_conf.rss_hf = hash;
  // DPDK declares the key non-const, but only reads it.
  conf.rx_adv_conf.rss_conf.rss_key = const_cast<std::uint8_t*>(kKey.data());
  conf.rx_adv_conf.rss_conf.rss_key_len =
      info.hash_key_size == 0 ? 40 : std::min<std::uint8_t>(info.hash_key_size, kLongestKey);
  if ((info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_RSS_HASH) != 0) {
    conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_RSS_HASH;
  }
  spreads_pairs_ = (hash & kFlowHash) == 0;
  redirection_entries_ = info.reta_size;
  return queues + (spreads_pairs_ ? "by address pair" : "by flow");
}

void EthdevPort::check_queues(const rte_eth_dev_info& info) const {
  if (info.max_rx_queues < options_.rx_queues) {
    fail("has " + std::to_string(info.max_rx_queues) + " receive queues, and " +
         std::to_string(options_.rx_queues) + " are needed; set engine.workers to " +
         std::to_string(std::max<int>(1, info.max_rx_queues)));
  }
  if (info.max_tx_queues < options_.tx_queues) {
    fail("has " + std::to_string(info.max_tx_queues) + " transmit queues, and each of the " +
         std::to_string(options_.tx_queues) + " workers needs one; set engine.workers lower");
  }
}

void EthdevPort::configure() {
  rte_eth_dev_info info{};
  if (const int error = rte_eth_dev_info_get(id_, &info); error != 0) {
    fail("gives no device information: " + reason(error));
  }
  check_queues(info);
  conf_ = std::make_unique<rte_eth_conf>();
  rte_eth_conf& conf = *conf_;
  // Some devices (AF_XDP) need as many transmit as receive queues, even if nothing is sent.
  if (options_.tx_queues == 0) {
    options_.tx_queues = std::min<std::uint16_t>(options_.rx_queues, info.max_tx_queues);
  }
  const std::string spread = configure_spread(info, conf);
  const std::uint64_t scatter = info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_SCATTER;
  conf.rxmode.offloads |= scatter;
  if (scatter != 0) conf.txmode.offloads = info.tx_offload_capa & RTE_ETH_TX_OFFLOAD_MULTI_SEGS;
  // Timestamps are enabled only if they can be used: with many NICs they disable the fast receive
  // path.
  clock_ = std::make_unique<DeviceClock>(
      id_, (info.rx_offload_capa & RTE_ETH_RX_OFFLOAD_TIMESTAMP) != 0,
      options_.device.starts_with("net_pcap") && interface_ != nullptr);
  if (clock_->kind() == DeviceClock::Kind::ticks) {
    conf.rxmode.offloads |= RTE_ETH_RX_OFFLOAD_TIMESTAMP;
  }
  sets_mtu_ = should_set_mtu(info.max_rx_pktlen);
  if (sets_mtu_) conf.rxmode.mtu = options_.mtu;
  conf.intr_conf.rxq = may_interrupt(options_.device) ? 1 : 0;
  int error = apply_configuration();
  if (error != 0 && disable_interrupts()) error = apply_configuration();
  if (error != 0) {
    fail("does not take " + std::to_string(options_.rx_queues) + " queues" +
         (options_.mtu == 0 ? "" : " and MTU " + std::to_string(options_.mtu)) + ": " +
         reason(error));
  }
  // Whether the driver has the function at all. start() writes the table that counts.
  const std::uint16_t entries = redirection_entries_;
  if (entries != 0 &&
      write_redirection(id_, redirection_table(entries, entries, options_.rx_queues)) == -ENOTSUP) {
    redirection_entries_ = 0;
  }
  const bool own_table = spreads_pairs_ && redirection_entries_ == 0;
  summary_ = spread + (own_table ? " by the driver's own table" : "") + ", " + info.driver_name +
             (node_ >= 0 ? ", NUMA node " + std::to_string(node_) : "");
  if (clock() != nullptr) summary_ += ", times by its clock";
}

int EthdevPort::apply_configuration() {
  return rte_eth_dev_configure(id_, options_.rx_queues, options_.tx_queues, conf_.get());
}

/// Turns receive interrupts off. Returns whether they were on. Some devices do not start with them:
/// they have too few interrupt vectors, or their kernel driver does not pass interrupts on.
bool EthdevPort::disable_interrupts() {
  const bool were_on = conf_->intr_conf.rxq != 0;
  conf_->intr_conf.rxq = 0;
  return were_on;
}

void EthdevPort::make_pool() {
  pool_ = make_mbuf_pool(options_, id_, node_);
  if (pool_ != nullptr) return;
  fail("no memory for " + std::to_string(mbuf_count(options_)) + " packet buffers (" +
       std::to_string(mbuf_memory(options_) >> 20) +
       " MiB); give the machine more hugepages, or set fewer descriptors");
}

void EthdevPort::set_up_queues() {
  std::uint16_t receive = options_.descriptors;
  std::uint16_t transmit = options_.descriptors;
  rte_eth_dev_adjust_nb_rx_tx_desc(id_, &receive, &transmit);
  options_.descriptors = std::max(receive, options_.descriptors);
  const auto on_node = static_cast<unsigned>(node_ < 0 ? SOCKET_ID_ANY : node_);
  if (pool_ == nullptr) make_pool();
  for (std::uint16_t q = 0; q < options_.rx_queues; ++q) {
    const int error = rte_eth_rx_queue_setup(id_, q, receive, on_node, nullptr, pool_);
    if (error != 0) fail("receive queue " + std::to_string(q) + ": " + reason(error));
  }
  for (std::uint16_t q = 0; q < options_.tx_queues; ++q) {
    const int error = rte_eth_tx_queue_setup(id_, q, transmit, on_node, nullptr);
    if (error != 0) fail("transmit queue " + std::to_string(q) + ": " + reason(error));
  }
  if (sets_mtu_) {
    const int error = rte_eth_dev_set_mtu(id_, static_cast<std::uint16_t>(options_.mtu));
    if (error != 0 && error != -ENOTSUP) {
      fail("does not take MTU " + std::to_string(options_.mtu) + ": " + reason(error));
    }
  }
}

void EthdevPort::start() {
  // Starting switches it off.
  was_promiscuous_ = interface_ != nullptr && interface_->promiscuous();
  int error = rte_eth_dev_start(id_);
  if (error != 0 && disable_interrupts() && apply_configuration() == 0) {
    set_up_queues();
    error = rte_eth_dev_start(id_);
  }
  if (error != 0) fail("does not start: " + reason(error));
  started_ = true;
  redirect();
  error = rte_eth_promiscuous_enable(id_);
  if (error != 0 && error != -ENOTSUP) {
    fail("cannot receive packets for other stations (promiscuous mode): " + reason(error));
  }
}

/// Writes the redirection table. After the start, because some drivers fill their table then.
void EthdevPort::redirect() {
  if (redirection_shares_ == 0 || options_.rx_queues == 1) return;
  const bool divided = redirection_entries_ != 0 && redirection_entries_ % redirection_shares_ == 0;
  const int error =
      divided ? write_redirection(id_, redirection_table(redirection_entries_, redirection_shares_,
                                                         options_.rx_queues))
              : -EINVAL;
  if (error == 0 || !redirection_required_) return;
  fail("does not take a redirection table of " + std::to_string(redirection_entries_) +
       " entries: " + reason(error) + "; with `queues: 1` the workers spread its packets");
}

WakeSource EthdevPort::wake_source(std::uint16_t queue) const {
  WakeSource source{.port = id_,
                    .queue = queue,
                    .descriptors = options_.descriptors,
                    .socket = -1,
                    .interrupts = conf_->intr_conf.rxq != 0};
  // These two drivers open one socket per queue, in the order of the queues.
  const bool socket_per_queue =
      options_.device.starts_with("net_af_packet") || options_.device.starts_with("net_af_xdp");
  const std::vector<int>& sockets = socket_losses_.sockets();
  if (socket_per_queue && queue < sockets.size()) source.socket = sockets[queue];
  return source;
}

void EthdevPort::stop() {
  if (!started_) return;
  // Drivers leave the kernel's interface promiscuous. Another program may have found it so.
  if (!was_promiscuous_ && !lost()) rte_eth_promiscuous_disable(id_);
  rte_eth_dev_stop(id_);
  started_ = false;
}

EthdevCounters EthdevPort::counters() {
  EthdevCounters counted = counted_before_;
  rte_eth_stats stats{};
  if (!open_ || rte_eth_stats_get(id_, &stats) != 0) stats = {};
  counted.missed += stats.imissed + socket_losses_.lost();
  counted.no_mbuf += stats.rx_nombuf;
  counted.transmit_errors += stats.oerrors + socket_losses_.refused();
  return counted;
}

bool EthdevPort::link_up() const {
  if (!open_) return false;
  if (interface_ != nullptr) return interface_->running();
  rte_eth_link link{};
  return rte_eth_link_get_nowait(id_, &link) == 0 && link.link_status == RTE_ETH_LINK_UP;
}

bool EthdevPort::set_link(bool up) {
  if (interface_ != nullptr) return interface_->set(up);
  return (up ? rte_eth_dev_set_link_up(id_) : rte_eth_dev_set_link_down(id_)) == 0;
}

}  // namespace floodgauge
