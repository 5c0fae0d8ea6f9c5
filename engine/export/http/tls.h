// TLS by OpenSSL, for the server of metrics and for the client that asks it.
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
  /// Throws TlsError when a certificate or key cannot be used.
  static TlsContext server(const TlsServerConfig& config);
  /// Trusts what the system trusts (SSL_CERT_FILE and SSL_CERT_DIR say otherwise).
  static TlsContext client();

  /// On a connected socket. For a client, `host` is the name that the certificate must be for.
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

/// What OpenSSL complained of last, in this thread.
std::string tls_complaint();

}  // namespace floodgauge
