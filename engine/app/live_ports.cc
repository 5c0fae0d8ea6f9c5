#include "engine/app/live_ports.h"

#include <sched.h>

#include <algorithm>
#include <bit>
#include <chrono>
#include <thread>
#include <utility>

#include "engine/port/device_string.h"
#include "engine/port/mbuf_pool.h"
#include "engine/port/redirection_table.h"

namespace floodgauge {
namespace {

constexpr unsigned kMostAutoWorkers = 16;
/// How long workers may take to pause. They poll every few milliseconds also when they sleep.
constexpr auto kPausePatience = std::chrono::milliseconds(500);
/// How often a port that cannot be opened again is tried.
constexpr auto kReopenEvery = std::chrono::seconds(1);

bool all_pci(const Settings& settings) {
  return std::all_of(settings.ports.begin(), settings.ports.end(),
                     [](const PortSettings& port) { return is_pci_device(port.device); });
}

/// The arguments of a virtual device on a kernel interface. Where the user does not set them, it
/// gets as many queues as there are workers, and rings with room for `descriptors` frames of the
/// largest size.
std::string device_arguments(const PortSettings& port, unsigned queues) {
  std::string device = port.device;
  const auto add = [&](const char* key, std::uint32_t value) {
    if (device.find("," + std::string(key) + "=") != std::string::npos) return;
    device += "," + std::string(key) + "=" + std::to_string(value);
  };
  if (device.starts_with("net_af_packet")) {
    if (queues > 1) add("qpairs", queues);
    // In the ring, the kernel's header precedes each frame (packet_mmap); blocks are whole pages.
    constexpr std::uint32_t kBeforeFrame = 128;
    const std::uint32_t frame = std::bit_ceil(std::max(port.mtu, 1500u) + kBeforeFrame);
    const bool own_sizes = device.find(",framesz=") != std::string::npos ||
                           device.find(",blocksz=") != std::string::npos ||
                           device.find(",framecnt=") != std::string::npos;
    if (!own_sizes) {
      add("framesz", frame);
      add("blocksz", std::max(frame, 4096u));
      add("framecnt", std::bit_ceil(std::uint32_t{port.descriptors}));
    }
  } else if (device.starts_with("net_af_xdp") && queues > 1) {
    add("queue_count", queues);
  }
  return device;
}

}  // namespace

unsigned planned_workers(const Settings& settings) {
  if (settings.engine.workers != 0) return settings.engine.workers;
  if (!all_pci(settings)) {
    std::uint16_t queues = 1;
    for (const PortSettings& port : settings.ports) queues = std::max(queues, port.queues);
    return queues;
  }
  cpu_set_t allowed;
  CPU_ZERO(&allowed);
  sched_getaffinity(0, sizeof(allowed), &allowed);
  return std::clamp<unsigned>(static_cast<unsigned>(CPU_COUNT(&allowed)) - 1, 1, kMostAutoWorkers);
}

EthdevPortOptions LivePorts::options_for(const PortSettings& port, const Settings& settings,
                                         unsigned workers) const {
  const auto queues_of = [&](const PortSettings& one) {
    const bool many = is_pci_device(one.device) || one.device.starts_with("net_af_xdp");
    const unsigned automatic = many ? workers : 1;
    return static_cast<std::uint16_t>(one.queues == 0 ? automatic : one.queues);
  };
  EthdevPortOptions options{.name = port.name,
                            .device = port.device,
                            .rx_queues = queues_of(port),
                            .descriptors = port.descriptors,
                            .mtu = port.mtu};
  for (const PortSettings& other : settings.ports) {
    if (other.name != port.peer) continue;
    // One transmit queue for each receive queue of the peer. One worker polls that receive queue,
    // so one worker uses the transmit queue.
    options.tx_queues = queues_of(other);
    options.forwarded_mbufs = std::uint32_t{options.tx_queues} * other.descriptors;
  }
  // Room for packets that wait in the rings between workers.
  if (workers > 1) options.forwarded_mbufs += workers * SoftwareRss::kRingPackets;
  options.device = device_arguments(port, std::max(options.rx_queues, options.tx_queues));
  return options;
}

LivePorts::LivePorts(const Settings& settings, const std::vector<std::string>& eal_arguments,
                     const UtcClock& clock) {
  unsigned workers = planned_workers(settings);
  PortEalOptions eal{
      .memory_mib = 64, .workers = workers, .pci_devices = {}, .user_arguments = eal_arguments};
  for (const PortSettings& port : settings.ports) {
    eal.memory_mib += (mbuf_memory(options_for(port, settings, workers)) >> 20) * 5 / 4 + 16;
    if (is_pci_device(port.device)) eal.pci_devices.push_back(port.device);
  }
  eal.memory_mib = std::max<std::size_t>(eal.memory_mib, 256);
  eal_ = std::make_unique<Eal>(start_eal_for_ports(eal));
  if (settings.engine.workers == 0) {
    for (const PortSettings& port : settings.ports) {
      const unsigned most = most_rx_queues(port.device);
      if (most != 0 && is_pci_device(port.device)) workers = std::min(workers, most);
    }
  }
  for (const PortSettings& port : settings.ports) {
    ports_.push_back(std::make_unique<EthdevPort>(options_for(port, settings, workers)));
    const auto peer = std::find_if(settings.ports.begin(), settings.ports.end(),
                                   [&](const PortSettings& p) { return p.name == port.peer; });
    peers_.push_back(
        peer == settings.ports.end() ? -1 : static_cast<int>(peer - settings.ports.begin()));
  }
  cores_ = plan_cores(look_up_cores(eal_->cpus()), workers, node());
  make_queues(settings, workers, clock);
}

int LivePorts::node() const {
  const int first = ports_.front()->node();
  const bool together = std::all_of(ports_.begin(), ports_.end(),
                                    [&](const auto& port) { return port->node() == first; });
  return together ? first : -1;
}

/// Whether the NICs of all ports bring each pair of addresses to the same worker. Of several ports,
/// one may see the answers to what came by another: their redirection tables must agree. A single
/// port whose table cannot be written keeps its driver's: any table leads both directions to one
/// queue.
bool LivePorts::nics_spread(unsigned workers) {
  if (workers == 1) return true;
  std::vector<std::uint16_t> entries;
  for (const auto& port : ports_) {
    if (!port->spreads_pairs() || port->rx_queues() != workers) return false;
    entries.push_back(port->redirection_entries());
  }
  const std::uint32_t shares = common_shares(entries, workers);
  const bool several = ports_.size() > 1;
  for (const auto& port : ports_) port->set_redirection(shares, several);
  return shares != 0 || !several;
}

/// From which side the frames of each DPDK port come; empty where all ports are mirrors.
std::vector<FrameOrigin> LivePorts::origins_of(const Settings& settings) const {
  std::vector<FrameOrigin> origins;
  for (std::size_t p = 0; p < settings.ports.size(); ++p) {
    const PortSide side = settings.ports[p].side;
    if (side == PortSide::mirror) continue;
    origins.resize(std::max<std::size_t>(origins.size(), ports_[p]->id() + std::size_t{1}));
    origins[ports_[p]->id()] =
        side == PortSide::outside ? FrameOrigin::outside : FrameOrigin::inside;
  }
  return origins;
}

void LivePorts::make_queues(const Settings& settings, unsigned workers, const UtcClock& clock) {
  if (!nics_spread(workers)) rss_ = std::make_unique<SoftwareRss>(workers);
  KernelFrames kernel;
  for (const auto& port : ports_) kernel.add(kernel_frames_of(port->device()));
  const std::vector<FrameOrigin> origins = origins_of(settings);
  for (unsigned w = 0; w < workers; ++w) {
    std::vector<EthdevSource> sources;
    for (std::size_t p = 0; p < settings.ports.size(); ++p) {
      for (unsigned q = 0; q < ports_[p]->rx_queues(); ++q) {
        // Ports with fewer queues than workers are distributed over the workers.
        const unsigned poller = ports_[p]->rx_queues() < workers ? q + static_cast<unsigned>(p) : q;
        if (poller % workers != w) continue;
        EthdevSource source{.port = ports_[p]->id(),
                            .queue = static_cast<std::uint16_t>(q),
                            .index = static_cast<std::uint8_t>(p),
                            .forwards = peers_[p] >= 0,
                            .nic_hash = ports_[p]->spreads_pairs(),
                            .wake = ports_[p]->wake_source(static_cast<std::uint16_t>(q)),
                            .clock = ports_[p]->clock()};
        if (source.forwards) {
          source.peer = ports_[static_cast<std::size_t>(peers_[p])]->id();
          source.peer_queue = static_cast<std::uint16_t>(q);
        }
        sources.push_back(source);
      }
    }
    queues_.push_back(std::make_unique<EthdevQueue>(
        std::move(sources), EthdevSpread{rss_.get(), w, kernel, origins}, clock));
  }
}

LivePorts::~LivePorts() {
  // All ports stop before any frees its buffers, because buffers of one port wait in transmit
  // queues of another.
  for (const auto& port : ports_) port->stop();
}

void LivePorts::start() {
  for (const auto& port : ports_) port->start();
}

std::vector<RxQueue*> LivePorts::queues() const {
  std::vector<RxQueue*> all;
  for (const auto& queue : queues_) all.push_back(queue.get());
  return all;
}

bool LivePorts::inline_ports() const {
  return std::any_of(peers_.begin(), peers_.end(), [](int peer) { return peer >= 0; });
}

std::vector<std::string> LivePorts::summaries() const {
  std::vector<std::string> all;
  for (const auto& port : ports_) all.push_back(port->name() + ": " + port->summary());
  if (rss_ != nullptr) {
    for (std::string& port : all) port += ", spread over workers by software";
  }
  return all;
}

void LivePorts::add_to(EngineSnapshot& snapshot) const {
  snapshot.ports.assign(ports_.size(), PortSnapshot{});
  snapshot.dropped = 0;
  for (std::size_t p = 0; p < ports_.size(); ++p) {
    PortSnapshot& shown = snapshot.ports[p];
    const EthdevCounters counters = ports_[p]->counters();
    shown.name = ports_[p]->name();
    shown.queue_packets.assign(ports_[p]->rx_queues(), 0);
    shown.missed = counters.missed;
    shown.no_mbuf = counters.no_mbuf;
    shown.transmit_dropped = counters.transmit_errors;
    shown.link_up = ports_[p]->link_up();
    snapshot.dropped += counters.missed + counters.no_mbuf;
  }
  for (const auto& queue : queues_) {
    for (std::size_t s = 0; s < queue->sources().size(); ++s) {
      const EthdevSource& source = queue->sources()[s];
      const EthdevQueueCounters& counters = queue->counters(s);
      snapshot.ports[source.index].queue_packets[source.queue] =
          counters.received.load(std::memory_order_relaxed);
      const std::uint64_t lost = counters.handover_lost.load(std::memory_order_relaxed);
      snapshot.ports[source.index].queue_dropped += lost;
      snapshot.dropped += lost;
      if (!source.forwards) continue;
      PortSnapshot& out = snapshot.ports[static_cast<std::size_t>(peers_[source.index])];
      out.transmitted += counters.transmitted.load(std::memory_order_relaxed);
      out.transmit_dropped += counters.transmit_dropped.load(std::memory_order_relaxed);
    }
  }
}

/// False when a worker does not take notice in time.
bool LivePorts::pause_queues() {
  for (const auto& queue : queues_) queue->request_pause();
  const auto deadline = std::chrono::steady_clock::now() + kPausePatience;
  const auto all_paused = [&] {
    return std::all_of(queues_.begin(), queues_.end(), [](const auto& q) { return q->paused(); });
  };
  while (!all_paused()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::microseconds(100));
  }
  return true;
}

/// Gives the paused workers the ports as they are now. A worker that has not taken notice of the
/// request keeps it, and has its turn in a later call.
void LivePorts::resume_queues() {
  pausing_ = false;
  for (const auto& queue : queues_) {
    if (!queue->paused()) {
      pausing_ = true;
      continue;
    }
    queue->change_sources([this](EthdevSource& source) {
      const EthdevPort& port = *ports_[source.index];
      source.open = port.open();
      if (source.open) {
        source.port = port.id();
        source.wake = port.wake_source(source.queue);
        source.clock = port.clock();
      }
      if (!source.forwards) return;
      const EthdevPort& peer = *ports_[static_cast<std::size_t>(peers_[source.index])];
      source.peer_open = peer.open();
      if (source.peer_open) source.peer = peer.id();
    });
  }
}

void LivePorts::close_port(EthdevPort& port, const Report& report) {
  port.close();
  report("port " + port.name() +
             ": its interface is gone; it is opened again when there is one of its name",
         true);
}

void LivePorts::reopen_port(std::size_t port, const Report& report) {
  ReopenState& state = reopens_[port];
  state.not_before = std::chrono::steady_clock::now() + kReopenEvery;
  try {
    ports_[port]->reopen();
    state.reported.clear();
    report("port " + ports_[port]->name() + ": its interface is back, and it was opened again",
           false);
  } catch (const PortError& error) {
    if (state.reported != error.what()) report(error.what(), true);
    state.reported = error.what();
  }
}

void LivePorts::revive_ports(const Report& report) {
  const auto now = std::chrono::steady_clock::now();
  reopens_.resize(ports_.size());
  std::vector<std::size_t> to_close;
  std::vector<std::size_t> to_reopen;
  for (std::size_t p = 0; p < ports_.size(); ++p) {
    if (ports_[p]->open() && ports_[p]->lost()) to_close.push_back(p);
    if (!ports_[p]->open() && ports_[p]->can_reopen() && now >= reopens_[p].not_before) {
      to_reopen.push_back(p);
    }
  }
  if (to_close.empty() && to_reopen.empty()) {
    if (pausing_) resume_queues();
    return;
  }
  if (pause_queues()) {
    for (const std::size_t p : to_close) close_port(*ports_[p], report);
    for (const std::size_t p : to_reopen) reopen_port(p, report);
  }  // otherwise a worker stands still, and health tells of it
  resume_queues();
}

void LivePorts::observe_clocks(const UtcClock& clock) {
  for (const auto& port : ports_) {
    if (port->open()) port->observe_clock(clock);
  }
}

void LivePorts::carry_links(const Report& report) {
  std::vector<bool> up;
  for (const auto& port : ports_) up.push_back(port->link_up());
  const auto now = std::chrono::steady_clock::now();
  if (!carrier_) carrier_.emplace(peers_, now);
  carrier_->update(
      now, up,
      {.set = [&](std::size_t port, bool wanted) { return ports_[port]->set_link(wanted); },
       .report = [&](std::size_t port, const std::string& what,
                     bool bad) { report("port " + ports_[port]->name() + ": " + what, bad); }});
}

}  // namespace floodgauge
