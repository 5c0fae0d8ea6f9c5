#include "engine/export/http/http_connection.h"

#include <array>
#include <cerrno>
#include <charconv>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace floodgauge {
namespace {

/// After the answer a client has this long to close the connection. Otherwise data that it still
/// sends would make the kernel reset the connection before the client has read the answer (RFC
/// 9112, section 9.6).
constexpr std::chrono::milliseconds kLinger{1000};
constexpr std::size_t kLingerBytes = 64 * 1024;
/// A body of at most this size is sent together with the head.
constexpr std::size_t kShortBody = 4096;
/// What may wait for a client of a stream.
constexpr std::size_t kMostStreamed = 1 << 20;

}  // namespace

HttpConnection::HttpConnection(int fd, TlsSession session, const Limits& limits,
                               std::uint64_t number, std::string client)
    : fd_(fd),
      number_(number),
      client_(std::move(client)),
      session_(std::move(session)),
      limits_(limits),
      events_(POLLIN),
      deadline_(Clock::now() + limits.request) {}

HttpConnection::~HttpConnection() {
  release_body();
  session_.reset();
  close(fd_);
}

void HttpConnection::advance() {
  if (state_ == State::reading || state_ == State::reading_body) read();
  if (state_ == State::streaming) watch_for_end();
  if (state_ == State::writing) write();
  if (state_ == State::lingering) linger();
}

void HttpConnection::await_answer() {
  state_ = State::awaiting;
  deadline_ = Clock::now() + limits_.response;
}

void HttpConnection::respond(HttpResponse response, bool head_only) {
  head_ = response_head(response);
  body_ = std::move(response.body);
  recycle_ = std::move(response.recycle);
  if (!head_only) stream_ = std::move(response.stream);
  if (head_only) {
    release_body();
  } else if (body_.size() <= kShortBody) {
    head_ += body_;
    release_body();
  }
  state_ = State::writing;
  deadline_ = Clock::now() + limits_.response;
  write();
}

void HttpConnection::release_body() {
  if (recycle_) recycle_(std::move(body_));
  recycle_ = nullptr;
  body_ = {};
}

void HttpConnection::read() {
  std::array<char, 4096> buffer;
  while (state_ == State::reading || state_ == State::reading_body) {
    std::size_t received = 0;
    const Outcome outcome = receive(buffer.data(), buffer.size(), received);
    if (outcome == Outcome::ended) state_ = State::over;
    if (outcome != Outcome::moved) return;
    in_.append(buffer.data(), received);
    state_ == State::reading ? take_head() : take_body();
  }
}

void HttpConnection::take_head() {
  ParsedRequest parsed = parse_request(in_);
  if (std::holds_alternative<HttpResponse>(parsed)) {
    refuse(std::move(std::get<HttpResponse>(parsed)));
  } else if (std::holds_alternative<HttpRequest>(parsed)) {
    request_ = std::move(std::get<HttpRequest>(parsed));
    state_ = State::answering;
  }
}

void HttpConnection::read_body(std::size_t most) {
  const std::string& length = request_.content_length;
  const char* const end = length.data() + length.size();
  const auto [stop, error] = std::from_chars(length.data(), end, body_size_);
  if (length.empty() || request_.chunked) {
    return refuse(HttpResponse::error(411, "the request's body needs a Content-Length"));
  }
  if (error == std::errc::result_out_of_range || (stop == end && body_size_ > most)) {
    return refuse(HttpResponse::error(
        413, "the request's body is longer than " + std::to_string(most) + " bytes"));
  }
  if (error != std::errc() || stop != end) {
    return refuse(HttpResponse::error(400, "the request's Content-Length is no number"));
  }
  in_.erase(0, in_.find("\r\n\r\n") + 4);
  state_ = State::reading_body;
  deadline_ = Clock::now() + limits_.request;
  if (request_.expects_continue && in_.empty() && body_size_ > 0) {
    // RFC 9110, section 10.1.1. A client that does not get it sends its body after a while.
    std::size_t sent = 0;
    transmit("HTTP/1.1 100 Continue\r\n\r\n", false, sent);
    events_ = POLLIN;
  }
  take_body();
}

void HttpConnection::take_body() {
  if (in_.size() < body_size_) return;
  in_.resize(body_size_);
  request_.body = std::move(in_);
  in_ = {};
  has_body_ = true;
  state_ = State::answering;
}

void HttpConnection::refuse(HttpResponse response) {
  refusal_ = response.status;
  respond(std::move(response), false);
}

void HttpConnection::write() {
  while (unsent() != 0) {
    const bool begins = sent_ < head_.size();
    const std::string_view rest = begins ? std::string_view(head_).substr(sent_)
                                         : std::string_view(body_).substr(sent_ - head_.size());
    std::size_t transmitted = 0;
    const Outcome outcome = transmit(rest, begins && !body_.empty(), transmitted);
    if (outcome == Outcome::ended) state_ = State::over;
    if (outcome != Outcome::moved) return;
    sent_ += transmitted;
  }
  stream_ ? await_stream() : finish();
}

void HttpConnection::await_stream() {
  head_ = {};
  release_body();
  sent_ = 0;
  state_ = State::streaming;
  events_ = POLLIN;
  deadline_ = Clock::time_point::max();
}

void HttpConnection::feed() {
  if (state_ != State::streaming && state_ != State::writing) return;
  const std::size_t before = body_.size();
  stream_(body_);
  if (unsent() > kMostStreamed) {
    state_ = State::over;
    return;
  }
  if (state_ != State::streaming || body_.size() == before) return;
  state_ = State::writing;
  deadline_ = Clock::now() + limits_.response;
  write();
}

/// A client of a stream has nothing more to say: what comes is its end, or is ignored.
void HttpConnection::watch_for_end() {
  std::array<char, 256> buffer;
  std::size_t received = 0;
  if (receive(buffer.data(), buffer.size(), received) == Outcome::ended) state_ = State::over;
}

void HttpConnection::finish() {
  head_ = {};
  release_body();
  sent_ = 0;
  if (session_) SSL_shutdown(session_.get());
  ERR_clear_error();
  shutdown(fd_, SHUT_WR);
  state_ = State::lingering;
  events_ = POLLIN;
  deadline_ = Clock::now() + kLinger;
  linger();
}

void HttpConnection::linger() {
  std::array<char, 4096> buffer;
  while (discarded_ < kLingerBytes) {
    const ssize_t count = recv(fd_, buffer.data(), buffer.size(), 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && errno == EAGAIN) return;
    if (count <= 0) break;
    discarded_ += static_cast<std::size_t>(count);
  }
  state_ = State::over;
}

HttpConnection::Outcome HttpConnection::receive(char* data, std::size_t size,
                                                std::size_t& received) {
  if (session_) return outcome_of_tls(SSL_read_ex(session_.get(), data, size, &received));
  const ssize_t count = recv(fd_, data, size, 0);
  events_ = POLLIN;
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return Outcome::wait;
  if (count <= 0) return Outcome::ended;
  received = static_cast<std::size_t>(count);
  return Outcome::moved;
}

HttpConnection::Outcome HttpConnection::transmit(std::string_view data, bool more,
                                                 std::size_t& transmitted) {
  if (session_) {
    return outcome_of_tls(SSL_write_ex(session_.get(), data.data(), data.size(), &transmitted));
  }
  const ssize_t count = send(fd_, data.data(), data.size(), MSG_NOSIGNAL | (more ? MSG_MORE : 0));
  events_ = POLLOUT;
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return Outcome::wait;
  if (count < 0) return Outcome::ended;
  transmitted = static_cast<std::size_t>(count);
  return Outcome::moved;
}

HttpConnection::Outcome HttpConnection::outcome_of_tls(int result) {
  if (result == 1) return Outcome::moved;
  const int error = SSL_get_error(session_.get(), result);
  ERR_clear_error();
  // A TLS handshake may have to read during a write, and to write during a read.
  if (error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE) {
    events_ = error == SSL_ERROR_WANT_READ ? POLLIN : POLLOUT;
    return Outcome::wait;
  }
  return Outcome::ended;
}

}  // namespace floodgauge
