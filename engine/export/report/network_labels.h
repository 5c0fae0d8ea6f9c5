// Names the networks of sources by MMDB files of the user's: autonomous system, its name, country.
// Formats: MaxMind's GeoLite2 and DB-IP's, which has the same members, and IPinfo's. Nothing is
// fetched.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "engine/base/address.h"
#include "engine/model/incident.h"

namespace floodgauge {

class NetworkLabels {
 public:
  /// Opens the files. `warn` is called with a sentence for each that cannot be read, or was made
  /// more than half a year ago; the others are used.
  NetworkLabels(const std::vector<std::string>& paths,
                const std::function<void(const std::string&)>& warn);
  ~NetworkLabels();
  NetworkLabels(const NetworkLabels&) = delete;
  NetworkLabels& operator=(const NetworkLabels&) = delete;

  /// No file could be opened.
  bool empty() const { return files_.empty(); }
  /// What the files say together: of each member, the first that has it.
  NetworkLabel of(const IpAddress& address) const;
  /// Labels the sources and targets of the incident, and sums the sources by network. By any
  /// thread.
  void add_to(Incident& incident) const;

 private:
  struct File;
  std::vector<std::unique_ptr<File>> files_;
};

/// Labelled sources summed by the name of their network, most packets first. Empty without labels.
std::vector<TopEntry> networks_by_name(const std::vector<TopEntry>& sources);

}  // namespace floodgauge
