// live-stream SEND_NETNS SEND_DEVICE RECEIVE_NETNS RECEIVE_DEVICE COUNT [PACKETS_A_SECOND]
//
// Sends COUNT numbered UDP datagrams from one network namespace and receives them in another one.
// SIGINT ends the sending early. Prints how they arrived, as JSON. At most kWindow datagrams are in
// flight, so a lost datagram was lost by what is in between, and not because that is slower than
// the sender. Gives up when no datagram has arrived for kPatience.
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/ip.h>
#include <netinet/udp.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::uint64_t kWindow = 512;
constexpr unsigned kBatch = 64;
/// Seconds by which sending may be behind its rate and catch up. If it is further behind, the
/// stream takes longer instead of going faster.
constexpr double kMostBehind = 0.01;
constexpr auto kPatience = std::chrono::seconds(30);
constexpr unsigned kFlows = 8;
constexpr std::uint32_t kFill = 0x5eed5eed;
constexpr unsigned kFillWords = 4;

struct [[gnu::packed]] Datagram {
  ether_header ethernet;
  iphdr ip;
  udphdr udp;
  std::uint64_t number;
  std::uint32_t fill[kFillWords];
};

volatile std::sig_atomic_t no_more = 0;

[[noreturn]] void fail(const char* what) {
  std::perror(what);
  std::exit(2);
}

int packet_socket(const std::string& name_space, const char* device, std::uint16_t protocol) {
  const int fd = open(("/run/netns/" + name_space).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0 || setns(fd, CLONE_NEWNET) != 0) fail(name_space.c_str());
  close(fd);
  const int packets = socket(AF_PACKET, SOCK_RAW, 0);
  sockaddr_ll address{};
  address.sll_family = AF_PACKET;
  address.sll_protocol = htons(protocol);
  address.sll_ifindex = static_cast<int>(if_nametoindex(device));
  if (packets < 0 ||
      bind(packets, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
    fail(device);
  }
  const int buffer = 64 << 20;
  setsockopt(packets, SOL_SOCKET, SO_RCVBUFFORCE, &buffer, sizeof(buffer));
  return packets;
}

std::uint16_t checksum(const void* data, std::size_t size) {
  std::uint32_t sum = 0;
  for (std::size_t i = 0; i < size; i += 2) {
    std::uint16_t word = 0;
    std::memcpy(&word, static_cast<const char*>(data) + i, 2);
    sum += word;
  }
  while (sum >> 16 != 0) sum = (sum & 0xffff) + (sum >> 16);
  return static_cast<std::uint16_t>(~sum);
}

/// The IPv4 header of a flow. Each flow has its own source address.
iphdr header_of(unsigned flow) {
  iphdr ip{};
  ip.version = 4;
  ip.ihl = 5;
  ip.ttl = 60;
  ip.protocol = IPPROTO_UDP;
  ip.tot_len = htons(sizeof(Datagram) - sizeof(ether_header));
  ip.saddr = htonl(ntohl(inet_addr("192.0.2.10")) + flow);
  ip.daddr = inet_addr("198.51.100.2");
  ip.check = checksum(&ip, sizeof(ip));
  return ip;
}

Datagram datagram() {
  Datagram made{};
  constexpr std::uint8_t kTo[] = {2, 0, 0, 0, 0, 2};
  constexpr std::uint8_t kFrom[] = {2, 0, 0, 0, 0, 1};
  std::memcpy(made.ethernet.ether_dhost, kTo, 6);
  std::memcpy(made.ethernet.ether_shost, kFrom, 6);
  made.ethernet.ether_type = htons(ETHERTYPE_IP);
  made.ip = header_of(0);
  made.udp.uh_dport = htons(7000);
  made.udp.uh_ulen = htons(sizeof(Datagram) - sizeof(ether_header) - sizeof(iphdr));
  for (unsigned i = 0; i < kFillWords; ++i) made.fill[i] = kFill;
  return made;
}

/// Datagrams for sendmmsg() and recvmmsg(), one in each message.
struct Batch {
  std::array<Datagram, kBatch> data;
  std::array<iovec, kBatch> parts;
  std::array<mmsghdr, kBatch> messages;

  Batch() {
    for (unsigned i = 0; i < kBatch; ++i) {
      data[i] = datagram();
      parts[i] = {&data[i], sizeof(Datagram)};
      messages[i] = {};
      messages[i].msg_hdr.msg_iov = &parts[i];
      messages[i].msg_hdr.msg_iovlen = 1;
    }
  }
};

struct Tally {
  std::uint64_t received = 0;
  std::uint64_t late = 0;       ///< out of order within its flow, or duplicate
  std::uint64_t corrupted = 0;  ///< changed on the way
  std::array<std::uint64_t, kFlows> next{};

  void take(const Datagram& got, unsigned size) {
    if (size < sizeof(ether_header) || got.ethernet.ether_shost[0] != 2) return;
    bool whole = size == sizeof(Datagram);
    for (unsigned i = 0; i < kFillWords; ++i) whole = whole && got.fill[i] == kFill;
    if (!whole) {
      ++corrupted;
      return;
    }
    ++received;
    const std::uint64_t number = got.number;
    std::uint64_t& expected = next[number % kFlows];
    if (number < expected) ++late;
    expected = std::max(expected, number + 1);
  }
};

void send_some(int to, Batch& batch, std::uint64_t& sent, std::uint64_t upto) {
  const auto count = static_cast<unsigned>(std::min<std::uint64_t>(kBatch, upto - sent));
  static const std::array<iphdr, kFlows> kHeaders = [] {
    std::array<iphdr, kFlows> headers;
    for (unsigned flow = 0; flow < kFlows; ++flow) headers[flow] = header_of(flow);
    return headers;
  }();
  for (unsigned i = 0; i < count; ++i) {
    const auto flow = static_cast<std::uint16_t>((sent + i) % kFlows);
    batch.data[i].number = sent + i;
    batch.data[i].ip = kHeaders[flow];
    batch.data[i].udp.uh_sport = htons(static_cast<std::uint16_t>(4000 + flow));
  }
  const int done = sendmmsg(to, batch.messages.data(), count, 0);
  if (done < 0 && errno != EAGAIN && errno != ENOBUFS && errno != EINTR && errno != ENETDOWN) {
    fail("sendmmsg");
  }
  if (done > 0) sent += static_cast<unsigned>(done);
}

bool receive_some(int from, Batch& batch, Tally& tally) {
  const int got = recvmmsg(from, batch.messages.data(), kBatch, MSG_DONTWAIT, nullptr);
  for (int i = 0; i < got; ++i) {
    const auto index = static_cast<std::size_t>(i);
    tally.take(batch.data[index], batch.messages[index].msg_len);
  }
  return got > 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6) {
    std::fprintf(stderr, "live-stream SEND_NETNS DEVICE RECEIVE_NETNS DEVICE COUNT [PPS]\n");
    return 2;
  }
  std::uint64_t count = std::strtoull(argv[5], nullptr, 10);
  std::signal(SIGINT, [](int) { no_more = 1; });
  const double rate = argc > 6 ? std::strtod(argv[6], nullptr) : 1e7;
  const int to = packet_socket(argv[1], argv[2], 0);  // receives nothing
  const int from = packet_socket(argv[3], argv[4], ETHERTYPE_IP);
  Batch out;
  Batch in;
  Tally tally;
  std::uint64_t sent = 0;
  const auto began = Clock::now();
  auto last_received = began;
  auto paced = began;
  double due = 1;
  while (tally.received < count) {
    if (no_more != 0) count = sent;
    const auto now = Clock::now();
    const std::chrono::duration<double> since = now - paced;
    paced = now;
    due = std::min(due + since.count() * rate,
                   static_cast<double>(sent) + std::max(1.0, rate * kMostBehind));
    const std::uint64_t upto =
        std::min({count, static_cast<std::uint64_t>(due), tally.received + kWindow});
    if (sent < upto) send_some(to, out, sent, upto);
    if (receive_some(from, in, tally)) {
      last_received = now;
    } else if (now - last_received > kPatience) {
      break;
    } else if (sent >= upto) {
      std::this_thread::sleep_for(std::chrono::microseconds(20));
    }
  }
  const std::chrono::duration<double> took = Clock::now() - began;
  std::printf(
      "{\"sent\": %lu, \"received\": %lu, \"missing\": %lu, \"late\": %lu, \"corrupted\": %lu, "
      "\"seconds\": %.3f}\n",
      sent, tally.received, sent - tally.received, tally.late, tally.corrupted, took.count());
  return 0;
}
