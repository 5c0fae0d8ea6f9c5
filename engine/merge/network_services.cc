#include "engine/merge/network_services.h"

#include <algorithm>
#include <numeric>
#include <tuple>

namespace floodgauge {
namespace {

auto key_of(const ServiceTotals& totals) {
  return std::tie(totals.prefix, totals.service, totals.server);
}

Nanoseconds earlier(Nanoseconds a, Nanoseconds b) {
  if (a.count == 0) return b;
  if (b.count == 0) return a;
  return std::min(a, b);
}

}  // namespace

void NetworkServices::clear() {
  servers_.clear();
  answers_.clear();
}

void NetworkServices::add(const ServiceWindow& part) {
  const auto before = static_cast<std::uint32_t>(servers_.size());
  for (std::uint32_t r = 0; r < part.used; ++r) {
    const ServiceRecord& record = part.records[r];
    servers_.push_back({.server = record.server,
                        .prefix = record.prefix,
                        .service = record.service,
                        .first_request = record.first_request,
                        .counts = record.counts});
  }
  for (ServiceAnswer answer : part.answers) {
    answer.record += before;
    answers_.push_back(answer);
  }
}

void NetworkServices::finish() {
  std::vector<std::uint32_t> order(servers_.size());
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(), [this](std::uint32_t a, std::uint32_t b) {
    return key_of(servers_[a]) < key_of(servers_[b]);
  });
  std::vector<ServiceTotals> merged;
  std::vector<std::uint32_t> place(servers_.size());
  for (const std::uint32_t at : order) {
    const ServiceTotals& part = servers_[at];
    if (merged.empty() || key_of(merged.back()) != key_of(part)) {
      merged.push_back(part);
    } else {
      merged.back().counts.add(part.counts);
      merged.back().first_request = earlier(merged.back().first_request, part.first_request);
    }
    place[at] = static_cast<std::uint32_t>(merged.size() - 1);
  }
  for (ServiceAnswer& answer : answers_) answer.record = place[answer.record];
  std::sort(answers_.begin(), answers_.end(), [](const ServiceAnswer& a, const ServiceAnswer& b) {
    return std::tie(a.record, a.requested, a.seconds, a.kind, a.client) <
           std::tie(b.record, b.requested, b.seconds, b.kind, b.client);
  });
  std::uint32_t at = 0;
  for (std::uint32_t s = 0; s < merged.size(); ++s) {
    merged[s].first_answer = at;
    while (at < answers_.size() && answers_[at].record == s) ++at;
    merged[s].answers = at - merged[s].first_answer;
  }
  servers_ = std::move(merged);
}

}  // namespace floodgauge
