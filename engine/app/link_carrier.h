// Carries a link's state across two ports that are each other's peers: while the cable of the one
// is gone the other one is taken down, so that both routers notice. What is to be done, by whom it
// is told of; no device is touched here.
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
    /// Takes a port's link up or down; false where that cannot be done.
    std::function<bool(std::size_t port, bool up)> set;
    /// A change that an operator should know of.
    std::function<void(std::size_t port, const std::string& what)> say;
  };

  /// A link takes a while until it is up: negotiation, training of optics and error correction. One
  /// that has been started or taken up is called lost only after this.
  static constexpr std::chrono::seconds kSettle{10};

  /// `peers`: the index of each port's peer; -1: none.
  LinkCarrier(std::vector<int> peers, Time now);

  /// With each port's link as it is now. Some times a second.
  void look(Time now, const std::vector<bool>& up, const Actions& actions);

 private:
  struct Link {
    bool up = false;
    bool known = false;
    bool held_down = false;  ///< by us, because the peer's is down
    bool can_hold = true;
    Time settles;  ///< not up before this: not called lost yet
  };
  void note(std::size_t port, Time now, bool up, const Actions& actions);
  void carry(std::size_t port, Time now, const Actions& actions);

  std::vector<int> peers_;
  std::vector<Link> links_;
};

}  // namespace floodgauge
