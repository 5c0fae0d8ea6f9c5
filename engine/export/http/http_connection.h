// One client of the server: a state machine that never waits, moved on whenever its socket is
// ready, and given up when its time is over.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>

#include "engine/export/http/http_message.h"
#include "engine/export/http/tls.h"

namespace floodgauge {

class HttpConnection {
 public:
  using Clock = std::chrono::steady_clock;

  struct Limits {
    std::chrono::milliseconds request = std::chrono::seconds(5);    ///< until its head is there
    std::chrono::milliseconds response = std::chrono::seconds(15);  ///< until it has taken it
  };

  /// Takes over `fd`, which must not block. `session` is null without TLS.
  HttpConnection(int fd, TlsSession session, const Limits& limits);
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  ~HttpConnection();

  /// Reads or writes what the socket lets it.
  void advance();

  bool has_request() const { return state_ == State::answering; }
  const HttpRequest& request() const { return request_; }
  /// The answer to request(); `head_only` leaves the body out (HEAD).
  void respond(HttpResponse response, bool head_only);
  /// The status with which a malformed request was answered since the last call; 0 for none.
  int take_refusal() { return std::exchange(refusal_, 0); }

  bool over() const { return state_ == State::over; }
  int fd() const { return fd_; }
  short events() const { return events_; }  ///< what to poll(2) for
  Clock::time_point deadline() const { return deadline_; }
  std::size_t unsent() const { return head_.size() + body_.size() - sent_; }

 private:
  enum class State { reading, answering, writing, lingering, over };
  /// How a read or a write went.
  enum class Outcome { moved, wait, ended };

  void read();
  void write();
  void let_body_go();
  void linger();
  void finish();
  Outcome receive(char* data, std::size_t size, std::size_t& received);
  /// `more`: there is more to come, to be sent together with it.
  Outcome transmit(std::string_view data, bool more, std::size_t& transmitted);
  Outcome outcome_of_tls(int result);

  int fd_;
  TlsSession session_;
  Limits limits_;
  State state_ = State::reading;
  short events_;
  Clock::time_point deadline_;
  HttpRequest request_;
  int refusal_ = 0;
  std::string in_;
  std::string head_;  ///< of the answer, with the body if that is short
  std::string body_;
  std::function<void(std::string&&)> recycle_;  ///< of the body
  std::size_t sent_ = 0;                        ///< of both
  std::size_t discarded_ = 0;
};

}  // namespace floodgauge
