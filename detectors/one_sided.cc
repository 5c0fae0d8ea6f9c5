// Floods below the limits that show by their shape alone: many sources, none of which the target
// answers.
#include "detectors/detector.h"

namespace floodgauge {
namespace {

constexpr double kPackets = 500;
constexpr double kPerSecond = 100;
constexpr double kSources = 100;
/// ICMP needs no spread: nobody is pinged so often by a well-meaning host.
constexpr double kIcmpPerSecond = 1000;

constexpr Vector kVectorsLooked[] = {
    Vector::tcp_synack, Vector::tcp_ack, Vector::tcp_rst, Vector::tcp_fin, Vector::tcp_flags,
    Vector::udp,        Vector::gre,     Vector::esp,     Vector::other,   Vector::udp_fragment,
    Vector::fragment,   Vector::icmp,    Vector::icmpv6,
};

}  // namespace

void check_one_sided_period(const TargetView& view, Verdict& verdict) {
  if (view.summary == nullptr || view.whole_prefix) return;
  const auto in = static_cast<double>(view.counts.in_total.packets);
  const double sources = view.summary->sources.estimate();
  for (const Vector vector : kVectorsLooked) {
    const auto packets = static_cast<double>(view.counts.of(vector).packets);
    if (packets < kPackets * view.scale || packets / view.seconds < kPerSecond * view.scale)
      continue;
    const bool icmp = vector == Vector::icmp || vector == Vector::icmpv6;
    const bool spread = sources >= kSources && packets * 2 >= in;
    const bool hammered = icmp && packets / view.seconds >= kIcmpPerSecond * view.scale;
    if (!spread && !hammered) continue;
    const bool answered =
        vector == Vector::udp && static_cast<double>(view.counts.answers) * 2 >= packets;
    if (answered) continue;
    verdict.findings.push_back({vector, std::string(info(vector).name) + "_packets_per_second",
                                packets / view.seconds, kPerSecond, view.seconds});
  }
}

}  // namespace floodgauge
