// One client of the server: a state machine that never blocks. It advances whenever its socket is
// ready, and is dropped when its time limit is over.
#pragma once

#include <chrono>
#include <cstdint>
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

  /// Takes ownership of `fd`, which must be non-blocking. `session` is null without TLS. `number`
  /// tells it from all others of the server; `client` is the address that it comes from.
  HttpConnection(int fd, TlsSession session, const Limits& limits, std::uint64_t number = 0,
                 std::string client = "");
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;
  ~HttpConnection();

  /// Reads or writes as much as the socket allows.
  void advance();

  bool has_request() const { return state_ == State::answering; }
  HttpRequest& request() { return request_; }
  std::uint64_t number() const { return number_; }
  const std::string& client() const { return client_; }
  /// Reads the request's body, of at most so many bytes: then there is a request again, with it, or
  /// the request is refused.
  void read_body(std::size_t most);
  bool has_body() const { return has_body_; }
  /// Another thread works on the answer to request(): respond() follows later.
  void await_answer();
  bool awaits_answer() const { return state_ == State::awaiting; }
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
  enum class State {
    reading,
    reading_body,
    answering,
    awaiting,
    writing,
    streaming,
    lingering,
    over
  };
  /// The result of a read or a write.
  enum class Outcome { moved, wait, ended };

  void read();
  void take_head();
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
  std::uint64_t number_;
  std::string client_;
  TlsSession session_;
  Limits limits_;
  State state_ = State::reading;
  short events_;
  Clock::time_point deadline_;
  HttpRequest request_;
  int refusal_ = 0;
  std::size_t body_size_ = 0;  ///< of the request
  bool has_body_ = false;
  std::string in_;
  std::string head_;  ///< head of the answer; a short body is appended to it
  std::string body_;
  std::function<void(std::string&&)> recycle_;  ///< takes back the memory of the body
  std::function<void(std::string&)> stream_;    ///< of the answer, where it is one
  std::size_t sent_ = 0;                        ///< bytes sent of head and body together
  std::size_t discarded_ = 0;
};

}  // namespace floodgauge
