#include "engine/merge/unopened_total.h"

#include <tuple>

#include "engine/merge/greatest.h"

namespace floodgauge {
namespace {

struct MorePackets {
  bool operator()(const UnopenedKind& a, const UnopenedKind& b) const {
    return std::tuple(b.packets, a.stop.layer, a.stop.value) <
           std::tuple(a.packets, b.stop.layer, b.stop.value);
  }
};

}  // namespace

void UnopenedTotal::add(const std::vector<UnopenedKind>& kinds) {
  for (const UnopenedKind& kind : kinds) {
    packets_[static_cast<std::uint32_t>(kind.stop.layer) << 16 | kind.stop.value] += kind.packets;
  }
}

Unopened UnopenedTotal::take_stock() const {
  Unopened unopened;
  Greatest<UnopenedKind, MorePackets> most(Unopened::kRows);
  for (const auto& [key, packets] : packets_) {
    const Stop stop{static_cast<StopLayer>(key >> 16), static_cast<std::uint16_t>(key)};
    unopened.by_layer[static_cast<std::size_t>(stop.layer)] += packets;
    unopened.other += packets;
    most.add({stop, packets});
  }
  unopened.kinds = most.take();
  for (const UnopenedKind& kind : unopened.kinds) unopened.other -= kind.packets;
  return unopened;
}

}  // namespace floodgauge
