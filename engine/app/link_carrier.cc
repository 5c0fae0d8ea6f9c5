#include "engine/app/link_carrier.h"

#include <utility>

namespace floodgauge {

LinkCarrier::LinkCarrier(std::vector<int> peers, Time now)
    : peers_(std::move(peers)), links_(peers_.size()) {
  for (Link& link : links_) link.settles = now + kSettle;
}

void LinkCarrier::update(Time now, const std::vector<bool>& up, const Actions& actions) {
  for (std::size_t port = 0; port < links_.size(); ++port) note_state(port, now, up[port], actions);
  for (std::size_t port = 0; port < links_.size(); ++port) carry_to_peer(port, now, actions);
}

void LinkCarrier::note_state(std::size_t port, Time now, bool up, const Actions& actions) {
  Link& link = links_[port];
  if (!link.held_down && (!link.known || up != link.up)) {
    actions.report(port, up ? "link is up" : "link is down", !up);
  }
  link.known = true;
  link.up = up;
  if (up) link.settles = now;
}

void LinkCarrier::carry_to_peer(std::size_t port, Time now, const Actions& actions) {
  if (peers_[port] < 0) return;
  const auto peer = static_cast<std::size_t>(peers_[port]);
  const Link& own = links_[port];
  Link& other = links_[peer];
  // The state of a link that we hold down tells nothing about its cable.
  const bool lost = !own.up && !own.held_down && now >= own.settles;
  if (lost == other.held_down || !other.can_hold) return;
  if (!actions.set(peer, !lost)) {
    other.can_hold = false;
    actions.report(peer, "its device cannot take a link down with its peer's", true);
    return;
  }
  other.held_down = lost;
  if (!lost) other.settles = now + kSettle;
  actions.report(
      peer, lost ? "link taken down with its peer's" : "link taken up again with its peer's", lost);
}

}  // namespace floodgauge
