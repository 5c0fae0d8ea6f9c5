// A worker's stages for tests, and packets for them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "engine/classify/classify.h"
#include "engine/count/counter.h"
#include "engine/worker/burst.h"
#include "tests/support/packet_builder.h"

namespace floodgauge::testing {

inline constexpr const char* kServer = "198.51.100.7";
inline constexpr const char* kClient = "192.0.2.1";

/// A burst after the stage "parse". At most kBurst frames, which must outlive it. `at`:
/// milliseconds since the first window.
inline std::unique_ptr<Burst> parsed_burst(std::span<const Bytes> frames, std::int64_t at = 0) {
  auto burst = std::make_unique<Burst>();
  burst->size = static_cast<std::uint16_t>(frames.size());
  for (std::uint16_t i = 0; i < burst->size; ++i) {
    const auto size = static_cast<std::uint32_t>(frames[i].size());
    burst->frames[i] = {frames[i].data(), size, size, LinkType::ethernet};
    burst->times[i] = whole_seconds(1000) + milliseconds(at);
    const bool plain = parse_outer(burst->frames[i], burst->facts[i]);
    burst->plain |= std::uint32_t{plain} << i;
  }
  burst->remaining = burst->all();
  return burst;
}

/// A worker's stages without threads and queues: packets in, a worker's window out.
class Engine {
 public:
  explicit Engine(const Settings& settings = {}, const WindowCapacity& capacity = kSmall,
                  std::uint32_t flows = 4096)
      : registry_(8),
        counter_({.flows = flows, .hosts = capacity.hosts, .key = key_from_seed(1)}),
        window_(std::make_unique<WorkerWindow>(capacity)) {
    registry_.assign(settings);
    protection_ = std::make_unique<const Protection>(registry_, settings);
  }
  static constexpr WindowCapacity kSmall{
      .hosts = 64, .prefixes = 8, .log_entries = 4096, .details = 4, .more_cells = 4};

  /// `at`: milliseconds since the first window.
  void see(const Bytes& frame, std::int64_t at = 0) { see_burst({&frame, 1}, at); }
  /// At most kBurst frames.
  void see_burst(std::span<const Bytes> frames, std::int64_t at = 0) {
    const std::unique_ptr<Burst> burst = parsed_burst(frames, at);
    Counter::count_parsed(*burst, *window_);
    if (fast_path) counter_.count_known_flows(*burst, *protection_, window_index_, *window_);
    protection_->find_targets(*burst);
    counter_.look_up_flows(*burst, *protection_, window_index_, *window_);
    classify_burst(*burst);
    counter_.pass_over_repeated_initials(*burst);
    counter_.count_hosts(*burst, *protection_, *window_);
  }
  void next_window() {
    counter_.finish(*window_);
    window_->clear();
    counter_.next_window();
    window_->index = ++window_index_;
  }

  const WorkerWindow& window() const { return *window_; }
  const HostRecord* host(const char* address) const {
    const IpAddress wanted = IpAddress::parse(address).value();
    for (std::uint32_t i = 0; i < window_->hosts_used; ++i) {
      if (window_->host(i).address == wanted) return &window_->host(i);
    }
    return nullptr;
  }
  /// Packets by vector and direction, sorted by name: "out udp_answered 1, udp 3".
  std::string cells(const char* address) const {
    const HostRecord* record = host(address);
    if (record == nullptr) return "none";
    std::map<std::string, std::uint64_t> packets;
    record->for_each_cell([&](const Cell& cell) {
      packets[(cell.outbound ? "out " : "") + std::string(info(cell.vector).name)] += cell.packets;
    });
    std::string text;
    for (const auto& [name, count] : packets) {
      text += (text.empty() ? "" : ", ") + name + " " + std::to_string(count);
    }
    return text;
  }
  /// Everything that the window has, by the address of the host.
  std::map<std::string, std::string> everything() const {
    std::map<std::string, std::string> all;
    for (std::uint32_t i = 0; i < window_->hosts_used; ++i) {
      const HostRecord& host = window_->host(i);
      const HostEvents& events = host.events();
      const std::string address = host.address.text();
      all[address] = cells(address.c_str()) + " of " + std::to_string(host.prefix);
      for (const auto number :
           {events.suspicious, events.new_flows, host.flows_active, events.handshakes,
            events.syn_answered, events.progressed, events.first_payloads, events.answers,
            host.extra_requests(), std::uint32_t{events.logged}}) {
        all[address] += " " + std::to_string(number);
      }
    }
    all["overflowed"] = std::to_string(window_->hosts_overflowed);
    for (std::uint32_t r = 0; r < window_->services.used; ++r) {
      const ServiceRecord& record = window_->services.records[r];
      const ServiceCounts& counts = record.counts;
      std::string& text = all["service " + std::to_string(record.service) + " of " +
                              record.server.text() + " in " + std::to_string(record.prefix)];
      for (const std::uint32_t count :
           {counts.asked[0], counts.asked[1], counts.asked_within[0], counts.asked_within[1],
            counts.repetitions, counts.completed, counts.dns_queries}) {
        text += " " + std::to_string(count);
      }
    }
    all["flows"] = std::to_string(counter_.flows().entries()) + " " +
                   std::to_string(counter_.flows().evictions());
    for (const std::uint32_t prefix : window_->touched_prefixes) {
      std::string& text = all["prefix " + std::to_string(prefix)];
      GrowingHyperLogLog<12> sources;
      window_->prefix_sources.merge_into(sources, prefix);
      text = std::to_string(sources.estimate());
    }
    return all;
  }
  /// Each host's log entries, by its address, without their order.
  std::map<std::string, std::multiset<std::string>> logged() const {
    std::map<std::string, std::multiset<std::string>> all;
    for (std::uint32_t i = 0; i < window_->hosts_used; ++i) {
      const HostRecord& host = window_->host(i);
      for (std::uint32_t at = host.events().log_head; at != 0;) {
        const LogEntry& packet = window_->log[at - 1];
        std::string text = packet.source.text() + " " + std::string(info(packet.vector).name);
        for (const auto number :
             {std::uint32_t{packet.source_port}, std::uint32_t{packet.destination_port},
              std::uint32_t{packet.ip_bytes}, std::uint32_t{packet.ttl}, packet.tag}) {
          text += " " + std::to_string(number);
        }
        all[host.address.text()].insert(text);
        at = packet.older;
      }
    }
    return all;
  }
  /// From the next packet on.
  void protect(const Settings& settings) {
    registry_.assign(settings);
    protection_ = std::make_unique<const Protection>(registry_, settings);
  }
  std::size_t memory_bytes() const { return counter_.memory_bytes(); }

  bool fast_path = true;  ///< false: every packet takes every stage

 private:
  PrefixRegistry registry_;
  std::unique_ptr<const Protection> protection_;
  Counter counter_;
  std::unique_ptr<WorkerWindow> window_;
  std::uint64_t window_index_ = 0;
};

inline Settings protecting(std::initializer_list<const char*> prefixes) {
  Settings settings;
  ProtectEntry entry;
  for (const char* text : prefixes) entry.prefixes.push_back(IpPrefix::parse(text).value());
  settings.protect.push_back(entry);
  return settings;
}

inline Bytes udp(const char* source, const char* destination, std::uint16_t source_port = 40000,
                 std::uint16_t destination_port = 9000, std::size_t bytes = 50) {
  return PacketBuilder()
      .ethernet()
      .ipv4({.source = source, .destination = destination})
      .udp({.source_port = source_port, .destination_port = destination_port})
      .payload(bytes)
      .build();
}
inline Bytes tcp(const char* source, const char* destination, std::uint8_t flags,
                 std::string_view text = "", std::uint16_t client_port = 40000) {
  const bool from_server = std::string_view(source) == kServer;
  PacketBuilder builder;
  builder.ethernet().ipv4({.source = source, .destination = destination});
  builder.tcp({.source_port = from_server ? std::uint16_t{80} : client_port,
               .destination_port = from_server ? client_port : std::uint16_t{80},
               .flags = flags});
  if (!text.empty()) builder.payload(text);
  return builder.build();
}

inline constexpr unsigned kServers = 12;

/// Capacity for all hosts and prefixes of random_packet().
inline constexpr WindowCapacity kRoomForAll{
    .hosts = 256, .prefixes = 8, .log_entries = 4096, .details = 4, .more_cells = 4};

/// A packet between one of three clients and one of kServers servers, of any kind, in no order.
inline Bytes random_packet(std::mt19937& random) {
  const std::string client = "192.0.2." + std::to_string(1 + random() % 3);
  const std::string server = "198.51.100." + std::to_string(7 + random() % kServers);
  const auto port = static_cast<std::uint16_t>(40000 + random() % 3);
  const bool up = random() % 2 == 0;
  const char* source = up ? client.c_str() : server.c_str();
  const char* destination = up ? server.c_str() : client.c_str();
  constexpr std::uint8_t kFlags[] = {kSyn, kSyn | kAck, kAck, kAck, kPsh | kAck, 0x11, 0x04};
  const std::uint8_t flags = kFlags[random() % std::size(kFlags)];
  constexpr std::string_view kTexts[] = {"", "GET / HTTP/1.1\r\n", "anything", "Hello"};
  const std::string_view text = (flags & kSyn) != 0 ? "" : kTexts[random() % std::size(kTexts)];
  PacketBuilder builder;
  builder.ethernet();
  if (random() % 4 == 0) {
    builder.ipv6({.source = up ? "2001:db8::1" : "2001:db8:1::7",
                  .destination = up ? "2001:db8:1::7" : "2001:db8::1"});
  } else {
    builder.ipv4({.source = source, .destination = destination});
  }
  if (random() % 4 == 0) {
    constexpr std::uint16_t kServices[] = {53, 443, 9000};
    const std::uint16_t service = kServices[random() % std::size(kServices)];
    constexpr std::string_view kDatagrams[] = {"", "@ of QUIC", "\xc3\x00\x00\x00\x01 of QUIC",
                                               "x"};
    return builder
        .udp({.source_port = up ? port : service, .destination_port = up ? service : port})
        .payload(kDatagrams[random() % std::size(kDatagrams)])
        .build();
  }
  builder.tcp({.source_port = up ? port : std::uint16_t{80},
               .destination_port = up ? std::uint16_t{80} : port,
               .flags = flags});
  if (!text.empty()) builder.payload(text);
  return builder.build();
}

/// The paths of a Counter one by one, with what they share.
struct Paths {
  explicit Paths(const Settings& settings = {}, std::uint32_t flows = 4096,
                 const WindowCapacity& capacity = Engine::kSmall)
      : registry(8),
        tables({.flows = flows, .hosts = capacity.hosts, .key = key_from_seed(1)}),
        window(std::make_unique<WorkerWindow>(capacity)) {
    protect(settings);
  }
  void protect(const Settings& settings) {
    registry.assign(settings);
    protection = std::make_unique<const Protection>(registry, settings);
  }
  /// The stages of an unknown packet, up to and without the stage "count".
  std::unique_ptr<Burst> classified(std::span<const Bytes> frames) {
    std::unique_ptr<Burst> burst = parsed_burst(frames);
    protection->find_targets(*burst);
    flow_stage.hash_unknown(*burst, *window);
    flow_stage.look_up(*burst, 0);
    classify_burst(*burst);
    return burst;
  }
  /// Counts unknown packets, one burst each.
  void count(std::span<const Bytes> frames) {
    for (const Bytes& frame : frames) {
      const std::unique_ptr<Burst> burst = classified({&frame, 1});
      host_accounting.count(*burst, *protection, *window);
    }
  }

  PrefixRegistry registry;
  std::unique_ptr<const Protection> protection;
  CounterTables tables;
  KnownFlowPath known_flow_path{tables};
  FlowStage flow_stage{tables};
  HalfOpenPath half_open_path{tables};
  HostAccounting host_accounting{tables};
  std::unique_ptr<WorkerWindow> window;
};

}  // namespace floodgauge::testing
