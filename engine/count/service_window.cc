#include "engine/count/service_window.h"

namespace floodgauge {

void ServiceCounts::add(const ServiceCounts& other) {
  for (std::size_t c = 0; c < kClientClasses; ++c) {
    asked[c] += other.asked[c];
    asked_within[c] += other.asked_within[c];
    unsampled_answers[c] += other.unsampled_answers[c];
  }
  repetitions += other.repetitions;
  accepted += other.accepted;
  completed += other.completed;
  dns_queries += other.dns_queries;
  for (std::size_t r = 0; r < kDnsResults; ++r) dns_results[r] += other.dns_results[r];
  dns_truncated += other.dns_truncated;
  dns_recursive += other.dns_recursive;
}

ServiceWindow::ServiceWindow() : records(kMostRecords), index_(kSlots) {
  answers.reserve(std::size_t{kMostOfShare} * kAddressShares);
}

ServiceRecord* ServiceWindow::find(const IpAddress& server, std::uint64_t hash,
                                   std::uint32_t prefix, std::uint8_t service) {
  ServiceRecord* const own = find_or_begin(server, hash, prefix, service, kMostRecords - kRest);
  if (own != nullptr) [[likely]] {
    return own;
  }
  return find_or_begin(IpAddress{}, std::uint64_t{prefix} * 0x9e3779b97f4a7c15u, prefix, service,
                       kMostRecords);
}

ServiceRecord* ServiceWindow::find_or_begin(const IpAddress& server, std::uint64_t hash,
                                            std::uint32_t prefix, std::uint8_t service,
                                            std::uint32_t most) {
  auto slot = static_cast<std::uint32_t>((hash >> 20) + service * 0x9e5u) % kSlots;
  for (; index_[slot] != 0; slot = (slot + 1) % kSlots) {
    ServiceRecord& record = records[index_[slot] - 1u];
    if (record.server == server && record.service == service && record.prefix == prefix) {
      return &record;
    }
  }
  if (used >= most) return nullptr;
  records[used] = ServiceRecord{.server = server,
                                .prefix = prefix,
                                .slot = slot,
                                .first_request = {},
                                .counts = {},
                                .service = service};
  index_[slot] = static_cast<std::uint16_t>(used + 1);
  return &records[used++];
}

void ServiceWindow::clear() {
  for (std::uint32_t r = 0; r < used; ++r) index_[records[r].slot] = 0;
  used = 0;
  answers.clear();
  other_requests = {};
  answers_of_ = {};
}

void ServiceWindow::prefault() {
  records.prefault();
  index_.prefault();
}

std::size_t ServiceWindow::memory_bytes() const {
  return records.bytes() + index_.bytes() + answers.capacity() * sizeof(ServiceAnswer);
}

}  // namespace floodgauge
