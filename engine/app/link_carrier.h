// Carries the link state from one port to its peer: when one cable is unplugged, the link of the
// other port is taken down, so that both routers notice. This class decides; the caller reads and
// sets the links.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <vector>

namespace floodgauge {

class LinkCarrier {
 public:
  using Time = std::chrono::steady_clock::time_point;
  struct Actions {
    /// Takes a port's link up or down; false when the device cannot do it.
    std::function<bool(std::size_t port, bool up)> set;
    /// Reports a change that the operator should know; `bad` when something was lost by it.
    std::function<void(std::size_t port, const std::string& what, bool bad)> report;
  };

  /// A link needs time to come up: negotiation, training of optics, error correction. A link that
  /// was started or taken up is called lost only after this time.
  static constexpr std::chrono::seconds kSettle{10};

  /// `peers` has the index of each port's peer; -1: none.
  LinkCarrier(std::vector<int> peers, Time now);

  /// Call this several times a second with the current link state of each port.
  void update(Time now, const std::vector<bool>& up, const Actions& actions);

 private:
  struct Link {
    bool up = false;
    bool known = false;
    bool held_down = false;  ///< taken down by us, because the peer's link is down
    bool can_hold = true;
    Time settles;  ///< not called lost before this time
  };
  void note_state(std::size_t port, Time now, bool up, const Actions& actions);
  void carry_to_peer(std::size_t port, Time now, const Actions& actions);

  std::vector<int> peers_;
  std::vector<Link> links_;
};

}  // namespace floodgauge
