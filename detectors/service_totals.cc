#include "detectors/service_totals.h"

#include <algorithm>

namespace floodgauge {
namespace {

constexpr double kFade = 0.9;
constexpr std::size_t kMost = 65536;

/// The share of the genuine clients of a service's watched servers that are answered now, each
/// server by its usual requests.
std::optional<double> genuine_ratio(const ServiceWatches& watches, std::uint32_t prefix,
                                    std::uint8_t service) {
  double answered = 0;
  double asked = 0;
  const auto& all = watches.all();
  for (auto at = all.lower_bound({prefix, service, {}});
       at != all.end() && at->first.prefix == prefix && at->first.service == service; ++at) {
    const auto ratio = at->second.answer_ratio();
    if (!ratio) continue;
    const double weight = std::max(at->second.usual_requests_per_second(), 1e-3);
    answered += *ratio * weight;
    asked += weight;
  }
  if (asked <= 0) return std::nullopt;
  return answered / asked;
}

}  // namespace

void ServiceTotalsBook::add(Totals& totals, const ServiceTotals& server,
                            std::span<const ServiceAnswer> answers) {
  std::uint64_t requests = 0;
  std::uint64_t answered = 0;
  for (std::size_t c = 0; c < kClientClasses; ++c) {
    requests += server.counts.asked[c] + server.counts.asked_within[c];
    answered += server.counts.unsampled_answers[c];
  }
  std::uint64_t accepted = 0;
  for (const ServiceAnswer& answer : answers) {
    if (answer.kind == ServiceAnswer::Kind::accepted) {
      ++accepted;
      continue;
    }
    ++answered;
    if (!answer.timed) continue;
    totals.shown.response_seconds.add(double{answer.seconds});
    totals.responses.add(double{answer.seconds});
  }
  // The SYN of an accepted connection may have been counted in an earlier window.
  totals.shown.requests += requests;
  totals.shown.requests -= std::min(totals.shown.requests, accepted);
  totals.shown.answers += answered;
  totals.requests += static_cast<double>(requests) - static_cast<double>(accepted);
  totals.answers += static_cast<double>(answered);
  for (std::size_t r = 0; r < kDnsResults; ++r) {
    totals.dns_results[r] += server.counts.dns_results[r];
  }
  totals.truncated += server.counts.dns_truncated;
  totals.recursive += server.counts.dns_recursive;
}

void ServiceTotalsBook::on_window(const NetworkWindow& window, const Settings& settings,
                                  const PrefixRegistry& registry) {
  if (names_.size() != settings.services.size() ||
      !std::equal(names_.begin(), names_.end(), settings.services.begin(),
                  [](const auto& name, const auto& service) { return name == service.name; })) {
    totals_.clear();
    names_.clear();
    for (const ServiceSettings& service : settings.services) names_.push_back(service.name);
  }
  std::uint64_t last = ~std::uint64_t{0};
  for (const ServiceTotals& server : window.services.servers()) {
    if (server.service >= names_.size()) continue;
    const Key key{server.prefix, server.service};
    auto at = totals_.find(key);
    const IpPrefix& of = registry.prefixes()[server.prefix].prefix;
    if (at == totals_.end()) {
      if (totals_.size() >= kMost) continue;
      at = totals_.emplace(key, Totals{}).first;
      at->second.of = of;
    } else if (at->second.of != of) {
      at->second = Totals{};
      at->second.of = of;
    }
    Totals& totals = at->second;
    const std::uint64_t now = std::uint64_t{server.prefix} << 8 | server.service;
    if (now != std::exchange(last, now)) {
      totals.requests *= kFade;
      totals.answers *= kFade;
      for (double& result : totals.dns_results) result *= kFade;
      totals.truncated *= kFade;
      totals.recursive *= kFade;
    }
    add(totals, server, window.services.answers_of(server));
  }
}

void ServiceTotalsBook::fill(EngineSnapshot& snapshot, const ServiceWatches& watches,
                             const ImpactIncidents& impacts, const PrefixRegistry& registry) const {
  std::map<IpPrefix, PrefixSnapshot*> shown;
  for (PrefixSnapshot& prefix : snapshot.prefixes) shown[prefix.prefix] = &prefix;
  for (const auto& [key, totals] : totals_) {
    const auto at = shown.find(totals.of);
    if (at == shown.end() || registry.prefixes()[key.first].prefix != totals.of) continue;
    if (totals.shown.requests == 0 && totals.shown.answers == 0) continue;
    ServiceSnapshot service = totals.shown;
    service.service = names_[key.second];
    const auto ratio = genuine_ratio(watches, key.first, key.second);
    const double recent = totals.requests >= 1 ? totals.answers / totals.requests : 1;
    service.answer_ratio = std::clamp(ratio.value_or(recent), 0.0, 1.0);
    const auto lost = impacts.lost_requests().find(key);
    if (lost != impacts.lost_requests().end()) service.lost_requests = lost->second;
    service.response_seconds_median = totals.responses.quantile(0.5);
    service.response_seconds_p99 = totals.responses.quantile(0.99);
    double results = 0;
    for (const double result : totals.dns_results) results += result;
    if (results >= 1) {
      service.nxdomain_share =
          totals.dns_results[static_cast<std::size_t>(DnsResult::nx_domain)] / results;
      service.servfail_share =
          totals.dns_results[static_cast<std::size_t>(DnsResult::server_failure)] / results;
      service.truncated_share = totals.truncated / results;
      service.recursive_share = totals.recursive / results;
    }
    at->second->services.push_back(std::move(service));
  }
}

}  // namespace floodgauge
