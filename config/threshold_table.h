// The table of limits: key, member of Thresholds, unit and default of each. The loader, the
// printer, the defaults and the detectors loop over this table, so that they always agree.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string_view>

#include "config/settings.h"

namespace floodgauge {

/// The thing that a rate counts. It decides the units in the configuration.
enum class RateKind : std::uint8_t {
  packets,  ///< pps, kpps, Mpps
  events,   ///< ps, kps, Mps: flows or handshakes a second; also accepts pps, kpps, Mpps
  bits,     ///< bps, kbps, Mbps, Gbps, Tbps
};

struct ThresholdRow {
  std::string_view key;  ///< in the file; also the name of the member
  std::optional<double> Thresholds::*member;
  RateKind kind;
  double host_default;  ///< a second
};

/// The default for a whole prefix is this many times that for one host.
inline constexpr double kPrefixThresholdFactor = 4;

inline constexpr std::array kThresholdTable = {
    ThresholdRow{"packets", &Thresholds::packets, RateKind::packets, 50e3},
    ThresholdRow{"bits", &Thresholds::bits, RateKind::bits, 500e6},
    ThresholdRow{"new_flows", &Thresholds::new_flows, RateKind::events, 10e3},
    ThresholdRow{"connections", &Thresholds::connections, RateKind::events, 5e3},
    ThresholdRow{"syn", &Thresholds::syn, RateKind::packets, 5e3},
    ThresholdRow{"synack", &Thresholds::synack, RateKind::packets, 5e3},
    ThresholdRow{"ack", &Thresholds::ack, RateKind::packets, 20e3},
    ThresholdRow{"rst", &Thresholds::rst, RateKind::packets, 5e3},
    ThresholdRow{"fin", &Thresholds::fin, RateKind::packets, 5e3},
    ThresholdRow{"flags", &Thresholds::flags, RateKind::packets, 1e3},
    ThresholdRow{"udp", &Thresholds::udp, RateKind::packets, 20e3},
    ThresholdRow{"reflection", &Thresholds::reflection, RateKind::packets, 5e3},
    ThresholdRow{"fragment", &Thresholds::fragment, RateKind::packets, 5e3},
    ThresholdRow{"icmp", &Thresholds::icmp, RateKind::packets, 5e3},
    ThresholdRow{"gre", &Thresholds::gre, RateKind::packets, 10e3},
    ThresholdRow{"esp", &Thresholds::esp, RateKind::packets, 10e3},
    ThresholdRow{"other", &Thresholds::other, RateKind::packets, 5e3},
    ThresholdRow{"dns_query", &Thresholds::dns_query, RateKind::packets, 20e3},
    ThresholdRow{"http_request", &Thresholds::http_request, RateKind::packets, 5e3},
    ThresholdRow{"tls_hello", &Thresholds::tls_hello, RateKind::packets, 3e3},
    ThresholdRow{"quic_initial", &Thresholds::quic_initial, RateKind::packets, 5e3},
};
static_assert(sizeof(Thresholds) == kThresholdTable.size() * sizeof(std::optional<double>),
              "each member of Thresholds has its row");

}  // namespace floodgauge
