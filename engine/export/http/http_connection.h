// One client of the server: a state machine that never blocks. It advances whenever its socket is
// ready, and is dropped when its time limit is over.
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
    std::chrono::milliseconds request = std::chrono::seconds(5);  ///< until the request has arrived
    std::chrono::milliseconds response =
        std::chrono::seconds(15);  ///< until the client has received the answer
  };

  /// The greatest body of a request, in bytes; 0: none is read. Asked once the head has arrived.
  using BodyLimit = std::function<std::size_t(const HttpRequest&)>;

  /// Takes ownership of `fd`, which must be non-blocking. `session` is null without TLS.
  HttpConnection(int fd, TlsSession session, const Limits& limits, BodyLimit body_limit = {});
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  ~HttpConnection();

  /// Reads or writes as much as the socket allows.
  void advance();

  bool has_request() const { return state_ == State::answering; }
  HttpRequest& request() { return request_; }
  /// Sends the answer to request(). `head_only` omits the body (HEAD).
  void respond(HttpResponse response, bool head_only);
  /// The status with which a malformed request was answered since the last call; 0 for none.
  int take_refusal() { return std::exchange(refusal_, 0); }

  /// Whether its answer is a stream.
  bool streams() const { return stream_ != nullptr; }
  /// Sends what the stream has. A client that does not read fast enough is dropped.
  void feed();

  bool over() const { return state_ == State::over; }
  int fd() const { return fd_; }
  short events() const { return events_; }  ///< the events to pass to poll(2)
  Clock::time_point deadline() const { return deadline_; }
  std::size_t unsent() const { return head_.size() + body_.size() - sent_; }

 private:
  enum class State { reading, reading_body, answering, writing, streaming, lingering, over };
  /// The result of a read or a write.
  enum class Outcome { moved, wait, ended };

  void read();
  void take_head();
  void begin_body();
  void take_body();
  void refuse(HttpResponse response);
  void write();
  void release_body();
  void await_stream();
  void watch_for_end();
  void linger();
  void finish();
  Outcome receive(char* data, std::size_t size, std::size_t& received);
  /// `more`: another call follows, and the data of both may be sent together.
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
  BodyLimit body_limit_;
  std::size_t body_size_ = 0;  ///< of the request
  std::string in_;
  std::string head_;  ///< head of the answer; a short body is appended to it
  std::string body_;
  std::function<void(std::string&&)> recycle_;  ///< takes back the memory of the body
  std::function<void(std::string&)> stream_;    ///< of the answer, where it is one
  std::size_t sent_ = 0;                        ///< bytes sent of head and body together
  std::size_t discarded_ = 0;
};

}  // namespace floodgauge
