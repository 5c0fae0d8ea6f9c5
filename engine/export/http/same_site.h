// Refuses what a page of another site makes a browser send. A browser reaches 127.0.0.1 and the
// addresses of the operator's network, and a page of any site may make it do so.
#pragma once

#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "engine/export/http/http_message.h"

namespace floodgauge {

struct SiteRules {
  /// Names under which the sensor is reached, besides addresses, names without a dot, names in
  /// `localhost` and the machine's own name.
  std::vector<std::string> names = {};
  /// Whether reading, too, needs a name of the sensor. Otherwise only a change does.
  bool reading_needs_a_name = false;
};

/// The rules that hold now: a reload sets them, and any thread reads them.
class LiveSiteRules {
 public:
  void set(SiteRules rules) {
    const std::scoped_lock lock(lock_);
    rules_ = std::move(rules);
  }
  SiteRules get() const {
    const std::scoped_lock lock(lock_);
    return rules_;
  }

 private:
  mutable std::mutex lock_;
  SiteRules rules_;
};

/// Whether `authority`, a name or an address with or without a port (RFC 9110, section 7.2), is one
/// of the sensor. A page can make its own name resolve to the sensor's address (DNS rebinding), and
/// the browser then takes the sensor for that page's site. Such a name has a dot, since the page's
/// owner must be able to register it. An absent Host is one of the sensor: each browser sends it.
bool is_own_name(std::string_view authority, const SiteRules& rules);

/// Whether the request changes something: its method is neither GET nor HEAD.
bool changes_something(const HttpRequest& request);

/// Why the request must be refused, with status 403; empty when it may be answered. A change is
/// refused where the browser says that another site's page asked for it: by Sec-Fetch-Site (W3C
/// Fetch Metadata, section 2.4), and from browsers that do not send it, by an Origin (RFC 6454,
/// section 7) that is not the site of Host. Programs send neither and are not refused.
std::string refusal_of_site(const HttpRequest& request, const SiteRules& rules);

/// Whether an address to listen on ("127.0.0.1:9733") can be reached from this machine alone.
bool is_loopback(std::string_view listen);

}  // namespace floodgauge
