#include "engine/export/http/tls.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace floodgauge {
namespace {

bool is_address(const std::string& host) {
  in6_addr ignored{};
  return inet_pton(AF_INET, host.c_str(), &ignored) == 1 ||
         inet_pton(AF_INET6, host.c_str(), &ignored) == 1;
}

void check(bool good, const std::string& what) {
  if (!good) throw TlsError(what + ": " + tls_complaint());
}

}  // namespace

void FreeTlsSession::operator()(SSL* session) const {
  SSL_free(session);
}

void TlsContext::Free::operator()(SSL_CTX* context) const {
  SSL_CTX_free(context);
}

std::string tls_complaint() {
  const unsigned long code = ERR_peek_last_error();
  ERR_clear_error();
  const char* reason = code == 0 ? nullptr : ERR_reason_error_string(code);
  return reason == nullptr ? "no reason given" : reason;
}

TlsContext TlsContext::server(const TlsServerConfig& config) {
  TlsContext result(SSL_CTX_new(TLS_server_method()));
  SSL_CTX* context = result.context_.get();
  check(context != nullptr, "TLS");
  SSL_CTX_set_min_proto_version(context, config.only_tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  // The buffer may move between two calls for the same data, and a large body is sent in parts.
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  SSL_CTX_set_options(context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
  check(SSL_CTX_use_certificate_chain_file(context, config.cert_file.c_str()) == 1,
        config.cert_file + " holds no certificate that can be used");
  check(SSL_CTX_use_PrivateKey_file(context, config.key_file.c_str(), SSL_FILETYPE_PEM) == 1,
        config.key_file + " holds no key for that certificate");
  if (!config.client_ca_file.empty()) {
    check(SSL_CTX_load_verify_locations(context, config.client_ca_file.c_str(), nullptr) == 1,
          config.client_ca_file + " holds no certificate that can be used");
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
  }
  return result;
}

TlsContext TlsContext::client() {
  TlsContext result(SSL_CTX_new(TLS_client_method()));
  SSL_CTX* context = result.context_.get();
  check(context != nullptr, "TLS");
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_default_verify_paths(context);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, nullptr);
  return result;
}

TlsSession TlsContext::session(int fd) const {
  TlsSession session(SSL_new(context_.get()));
  check(session != nullptr && SSL_set_fd(session.get(), fd) == 1, "TLS");
  return session;
}

TlsSession TlsContext::accept(int fd) const {
  TlsSession result = session(fd);
  SSL_set_accept_state(result.get());
  return result;
}

TlsSession TlsContext::connect(int fd, const std::string& host) const {
  TlsSession result = session(fd);
  SSL_set_connect_state(result.get());
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(result.get()), host.c_str());
  } else {
    SSL_set1_host(result.get(), host.c_str());
    SSL_set_tlsext_host_name(result.get(), host.c_str());
  }
  return result;
}

}  // namespace floodgauge
