// Makes windows as workers hand them over, from short descriptions: which host gets which packets.
// For tests of the stages after the merge.
//
//   WindowFeed feed(settings);
//   feed.add({.target = "198.51.100.7", .vector = Vector::udp, .packets = 5000});
//   feed.close([&](const NetworkWindow& window) { detection.on_window(window); });
#pragma once

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/settings.h"
#include "engine/base/keyed_hash.h"
#include "engine/count/window_exchange.h"
#include "engine/merge/merger.h"
#include "engine/protect/protection.h"

namespace floodgauge::testing {

/// Traffic of one host in one window.
struct Hit {
  const char* target = "198.51.100.7";
  Vector vector = Vector::udp;
  std::uint32_t packets = 0;
  std::uint32_t bytes_each = 100;
  std::uint32_t sources = 1;      ///< 203.0.113.0 and up, wrapping into other networks
  std::uint16_t source_port = 0;  ///< 0: a different one for each packet
  std::uint16_t destination_port = 443;
  bool outbound = false;
  std::uint32_t first_source = 0;  ///< so many sources further on than the first
  std::uint32_t new_flows = 0;
  std::uint32_t flows_active = 0;
  std::uint32_t handshakes = 0;
  std::uint32_t first_payloads = 0;
  std::uint32_t answers = 0;
  const char* zone = nullptr;  ///< of queries: they ask for names in it, each for another one
};

/// Packets that a host sends out of its prefix in one window.
struct SentHit {
  const char* source = "198.51.100.7";
  Vector vector = Vector::udp;
  std::uint32_t packets = 0;
  std::uint32_t bytes_each = 100;
  std::uint32_t receivers = 1;       ///< 203.0.113.0 and up, wrapping into other networks
  std::uint16_t source_port = 0;     ///< 0: a different one for each packet
  std::uint32_t first_receiver = 0;  ///< so many receivers further on than the first
  std::uint32_t new_flows = 0;
  std::uint32_t syn_answered = 0;
  bool large_answers = false;  ///< of an answered flow of a service that amplifies
};

class WindowFeed {
 public:
  static constexpr std::int64_t kBegin = 1'700'000'000;
  static constexpr std::uint32_t kMaxLogged = 4096;  ///< packets of a hit that are logged

  explicit WindowFeed(const Settings& settings)
      : registry_(8),
        exchange_(WindowCapacity{.hosts = 4096, .prefixes = 8, .details = 1}),
        merger_({&exchange_}, grid(), key_from_seed(1), 4096) {
    registry_.assign(settings);
    protection_ = std::make_unique<const Protection>(registry_, settings);
  }

  static WindowGrid grid() { return {whole_seconds(kBegin)}; }
  /// Seconds since the first window.
  static double at(Nanoseconds time) { return (time - grid().origin).seconds(); }
  const PrefixRegistry& registry() const { return registry_; }

  /// Adds traffic to the current window.
  void add(const Hit& hit) {
    WorkerWindow& window = exchange_.filling();
    const std::uint64_t bytes = std::uint64_t{hit.packets} * hit.bytes_each;
    window.total += {hit.packets, bytes};
    const IpAddress target = IpAddress::parse(hit.target).value();
    const std::uint32_t prefix = prefix_of(target);
    if (prefix == kNoPrefix) return;  // not protected
    HostRecord& record = host(window, target, prefix);
    record.add(hit.vector, hit.outbound, {hit.packets, bytes}, window.more_cells);
    record.events().new_flows += hit.new_flows;
    record.flows_active += hit.flows_active;
    record.events().handshakes += hit.handshakes;
    record.events().first_payloads += hit.first_payloads;
    record.events().answers += hit.answers;
    if (!hit.outbound && info(hit.vector).attack) log(window, record, hit);
    sample(window, target, hit, hit.outbound);
  }

  /// Adds packets that a host sends out of its prefix.
  void add_sent(const SentHit& hit) {
    WorkerWindow& window = exchange_.filling();
    const std::uint64_t bytes = std::uint64_t{hit.packets} * hit.bytes_each;
    window.total += {hit.packets, bytes};
    const IpAddress source = IpAddress::parse(hit.source).value();
    HostRecord& record = host(window, source, prefix_of(source));
    record.add_sent(hit.vector, false, {hit.packets, bytes}, window.more_cells);
    HostSent& sent = record.sent();
    sent.new_flows += hit.new_flows;
    sent.syn_answered += hit.syn_answered;
    (hit.large_answers ? sent.reflected : sent.suspicious) += hit.packets;
    if (hit.large_answers) sent.reflected_bytes += bytes;
    const Hit logged{.vector = hit.vector,
                     .packets = hit.packets,
                     .bytes_each = hit.bytes_each,
                     .sources = hit.receivers,
                     .source_port = hit.source_port,
                     .first_source = hit.first_receiver};
    log_packets(window, sent, logged);
    sample(window, source, logged, true);
  }
  /// Adds one packet of a source to a protected host, which begins a flow.
  void probe(const IpAddress& source, const IpAddress& target, std::uint16_t port, Vector vector,
             std::uint16_t bytes) {
    WorkerWindow& window = exchange_.filling();
    window.total += {1, bytes};
    HostRecord& record = host(window, target, prefix_of(target));
    record.add(vector, false, {1, bytes}, window.more_cells);
    HostEvents& events = record.events();
    ++events.suspicious;
    ++events.new_flows;
    if (window.log_used == window.log.size()) return;
    window.log[window.log_used] = {.source = source,
                                   .older = events.log_head,
                                   .source_port = 40000,
                                   .destination_port = port,
                                   .ip_bytes = bytes,
                                   .ttl = 60,
                                   .vector = vector};
    events.log_head = ++window.log_used;
    if (events.logged < kLoggedPackets) ++events.logged;
  }
  void client_event(const IpAddress& client, ClientOutcome outcome) {
    exchange_.filling().client_events.add(client, outcome);
  }

  /// Ends the window, merges it and calls visit(window). With `cut_after` it is the last window and
  /// only that long.
  template <typename Visit>
  void close(Visit&& visit, std::optional<Nanoseconds> cut_after = std::nullopt) {
    WorkerWindow& window = exchange_.filling();
    window.index = index_;
    window.final = cut_after.has_value();
    window.last_packet = grid().start_of(index_) + cut_after.value_or(milliseconds(99));
    ++index_;
    if (window.total.packets != 0) exchange_.seal();
    exchange_.publish_progress(cut_after ? ~std::uint64_t{0} : index_);
    while (merger_.next(merged_)) {
      visit(static_cast<const NetworkWindow&>(merged_));
      merger_.release();
    }
  }
  /// Passes over windows without packets, which workers do not hand over.
  void skip(std::uint64_t windows) { index_ += windows; }

 private:
  std::uint32_t prefix_of(const IpAddress& address) const {
    PacketFacts facts;
    facts.flags = address.is_v4() ? kFactIpv4 : kFactIpv6;
    facts.destination = address;
    return protection_->choose(FrameView{}, facts).in;
  }

  static HostRecord& host(WorkerWindow& window, const IpAddress& address, std::uint32_t prefix) {
    for (std::uint32_t i = 0; i < window.hosts_used; ++i) {
      HostRecord& known = window.hosts[window.slots[i]];
      if (known.address == address) return known;
    }
    window.touch_prefix(prefix);
    return window.begin_host(window.hosts_used, address, prefix);
  }

  void log(WorkerWindow& window, HostRecord& record, const Hit& hit) {
    record.events().suspicious += hit.packets;
    log_packets(window, record.events(), hit);
  }

  static std::uint8_t protocol_of(Vector vector) {
    if (vector == Vector::icmp) return 1;
    const bool tcp = (vector >= Vector::tcp_syn && vector <= Vector::tcp_connection) ||
                     vector <= Vector::tcp_stream || vector == Vector::http_request;
    return tcp ? 6 : 17;
  }

  /// Multiplying by an odd factor spreads sources over all networks, as random addresses are.
  static IpAddress source_of(const Hit& hit, std::uint32_t n) {
    return IpAddress::from_v4(0xcb007100u + (hit.first_source + n % hit.sources) * 0x9e3779b1u);
  }
  static std::uint16_t source_port_of(const Hit& hit, std::uint32_t n) {
    return hit.source_port != 0 ? hit.source_port : static_cast<std::uint16_t>(1024 + n % 50000);
  }

  /// Offers the packets of a hit to the window's sample, as SampleStage does.
  void sample(WorkerWindow& window, const IpAddress& host, const Hit& hit, bool outbound) {
    PacketReservoir& reservoir = window.sample.of(hit.vector);
    for (std::uint32_t n = 0; n < hit.packets; ++n) {
      const std::uint32_t choice = ++offered_ * 0x9e3779b1u;
      if (choice > reservoir.most()) continue;
      SampledPacket* const packet = reservoir.place(choice);
      if (packet == nullptr) continue;
      const IpAddress peer = source_of(hit, n);
      const bool ports = has_ports(hit.vector);
      *packet = {.source = outbound ? host : peer,
                 .destination = outbound ? peer : host,
                 .choice = choice,
                 .source_port = ports ? source_port_of(hit, n) : std::uint16_t{0x0800},
                 .destination_port = ports ? hit.destination_port : std::uint16_t{0},
                 .ip_bytes = static_cast<std::uint16_t>(hit.bytes_each),
                 .protocol = protocol_of(hit.vector),
                 .tcp_flags = hit.vector == Vector::tcp_syn ? std::uint8_t{2} : std::uint8_t{16},
                 .flags = kFactIpv4 | kFactTransport,
                 .vector = hit.vector};
      if (hit.zone != nullptr && choice <= window.sample.names.most()) {
        sample_name(window.sample.names, choice, host, "r" + std::to_string(n) + "." + hit.zone);
      }
    }
  }

  static void sample_name(NameReservoir& names, std::uint32_t choice, const IpAddress& host,
                          const std::string& text) {
    std::vector<std::uint8_t> message(12, 1);
    for (std::size_t begin = 0; begin < text.size();) {
      const std::size_t end = std::min(text.find('.', begin), text.size());
      message.push_back(static_cast<std::uint8_t>(end - begin));
      for (; begin < end; ++begin) message.push_back(static_cast<std::uint8_t>(text[begin]));
      ++begin;
    }
    message.push_back(0);
    SampledName name{.destination = host, .choice = choice};
    if (!read_name_end(message.data(), message.size(), name)) return;
    if (SampledName* const place = names.place(choice)) *place = name;
  }

  static void log_packets(WorkerWindow& window, LoggedPackets& packets, const Hit& hit) {
    for (std::uint32_t n = 0; n < std::min(hit.packets, kMaxLogged); ++n) {
      if (window.log_used == window.log.size()) return;
      window.log[window.log_used] = {.source = source_of(hit, n),
                                     .older = packets.log_head,
                                     .source_port = source_port_of(hit, n),
                                     .destination_port = hit.destination_port,
                                     .ip_bytes = static_cast<std::uint16_t>(hit.bytes_each),
                                     .ttl = 60,
                                     .vector = hit.vector};
      packets.log_head = ++window.log_used;
      if (packets.logged < kLoggedPackets) ++packets.logged;
    }
  }

  PrefixRegistry registry_;
  std::unique_ptr<const Protection> protection_;
  WindowExchange exchange_;
  Merger merger_;
  NetworkWindow merged_;
  std::uint64_t index_ = 0;
  std::uint32_t offered_ = 0;
};

}  // namespace floodgauge::testing
