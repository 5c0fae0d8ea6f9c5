#include "engine/merge/port_counts.h"

#include <algorithm>

#include <utility>

#include "engine/merge/greatest.h"

namespace floodgauge {

void PortCounts::spread_into(std::unique_ptr<All> all) {
  all_ = std::move(all);
  few_.for_each([this](std::uint16_t port, std::uint64_t packets) { (*all_)[port] += packets; });
  few_.clear();
}

void PortCounts::spread_if_many() {
  if (few_.held() > kFew && few_.size() > kFew) spread_into(std::make_unique<All>());
}

void PortCounts::add_to_few(std::uint16_t port, std::uint64_t packets) {
  few_.add(port, packets);
  spread_if_many();
}

void PortCounts::add_distinct(std::vector<Row>&& rows) {
  if (all_ == nullptr) {
    few_.add_distinct(std::move(rows));
    spread_if_many();
  } else {
    for (const Row& row : rows) (*all_)[row.key] += row.packets;
  }
}

void PortCounts::merge(const PortCounts& other) {
  exact_ = exact_ && other.exact_;
  if (all_ == nullptr && other.all_ == nullptr) {
    few_.merge(other.few_);
    spread_if_many();
  } else if (all_ == nullptr) {
    spread_into(std::make_unique<All>(*other.all_));
  } else if (other.all_ == nullptr) {
    other.few_.for_each(
        [this](std::uint16_t port, std::uint64_t packets) { (*all_)[port] += packets; });
  } else {
    for (std::size_t port = 0; port < all_->size(); ++port) (*all_)[port] += (*other.all_)[port];
  }
}

void PortCounts::clear() {
  few_.clear();
  all_.reset();
  exact_ = true;
}

std::vector<PortCounts::Row> PortCounts::top(std::size_t count) const {
  if (all_ == nullptr) return few_.top(count);
  Greatest<Row, MorePackets<Row>> greatest(count);
  for (std::size_t port = 0; port < all_->size(); ++port) {
    const std::uint64_t packets = (*all_)[port];
    if (packets != 0) greatest.add({static_cast<std::uint16_t>(port), packets});
  }
  return greatest.take();
}

std::size_t PortCounts::distinct() const {
  if (all_ == nullptr) return few_.size();
  return static_cast<std::size_t>(
      std::ranges::count_if(*all_, [](std::uint64_t packets) { return packets != 0; }));
}

}  // namespace floodgauge
