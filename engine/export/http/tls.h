// TLS with OpenSSL, for the HTTP server and for the client of `status` and `top`.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>

#include "engine/export/http/web_config.h"

using SSL = struct ssl_st;
using SSL_CTX = struct ssl_ctx_st;

namespace floodgauge {

class TlsError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct FreeTlsSession {
  void operator()(SSL* session) const;
};
using TlsSession = std::unique_ptr<SSL, FreeTlsSession>;

class TlsContext {
 public:
  /// Throws TlsError when the certificate or the key cannot be used.
  static TlsContext server(const TlsServerConfig& config);
  /// Trusts the certificates that the system trusts, or those of SSL_CERT_FILE and SSL_CERT_DIR.
  static TlsContext client();

  /// Starts TLS on a connected socket. For a client, the certificate must be valid for `host`.
  TlsSession accept(int fd) const;
  TlsSession connect(int fd, const std::string& host) const;

 private:
  struct Free {
    void operator()(SSL_CTX* context) const;
  };
  explicit TlsContext(SSL_CTX* context) : context_(context) {}
  TlsSession session(int fd) const;

  std::unique_ptr<SSL_CTX, Free> context_;
};

/// The last error that OpenSSL reported in this thread.
std::string tls_complaint();

}  // namespace floodgauge
