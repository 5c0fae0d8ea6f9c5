// The exporters' web configuration file: TLS and users with passwords, in the form that
// https://prometheus.io/docs/prometheus/latest/configuration/https/ gives.
#pragma once

#include <map>
#include <optional>
#include <stdexcept>
#include <string>

namespace floodgauge {

struct TlsServerConfig {
  std::string cert_file;
  std::string key_file;
  std::string client_ca_file;  ///< set: clients must show a certificate of it
  bool only_tls13 = false;     ///< min_version: TLS13
};

struct WebConfig {
  std::optional<TlsServerConfig> tls;
  std::map<std::string, std::string> users;  ///< name to bcrypt hash
};

/// All errors of a file, one a line, each "file:line:column: what is wrong".
class WebConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Paths in the file are relative to its folder. Throws WebConfigError.
WebConfig load_web_config(const std::string& path);

}  // namespace floodgauge
