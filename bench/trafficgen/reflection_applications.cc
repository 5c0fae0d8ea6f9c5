#include <string>

#include "bench/trafficgen/reflection_answers.h"

namespace floodgauge::trafficgen::answers {

void memcached(Bytes& bytes, Rng& rng) {
  // The UDP frame header (memcached's protocol.txt) and a piece of a large value.
  bytes.u16(rng.below(1 << 15)).u16(0).u16(rng.between(2, 700)).u16(0);
  bytes.text("VALUE payload 0 1000000\r\n").fill(1400 - bytes.size(), 'a');
}

void chargen(Bytes& bytes, Rng& rng) {
  // RFC 864: a datagram of 0 to 512 characters, here lines of the rotating pattern.
  const std::uint32_t lines = rng.between(3, 13);
  for (std::uint32_t line = 0; line < lines; ++line) {
    for (std::uint32_t i = 0; i < 72; ++i) bytes.u8(' ' + (line + i) % 95);
    bytes.text("\r\n");
  }
}

void qotd(Bytes& bytes, Rng& rng) {
  constexpr std::string_view kQuotes[] = {
      "\"The secret of being miserable is to have leisure to bother about whether\r\n you are "
      "happy or not. The cure for it is occupation.\"\r\n George Bernard Shaw (1856-1950)\r\n",
      "\"We want a few mad people now. See where the sane ones have landed us!\"\r\n George "
      "Bernard Shaw (1856-1950)\r\n"};
  bytes.text(rng.pick(std::span<const std::string_view>(kQuotes)));  // RFC 865
}

void jenkins(Bytes& bytes, Rng& rng) {
  bytes.text("<hudson><version>2.").text(std::to_string(rng.between(100, 218)));
  bytes.text("</version><url>http://ci.example.com:8080/</url><server-id>");
  for (int i = 0; i < 32; ++i) bytes.u8("0123456789abcdef"[rng.below(16)]);
  bytes.text("</server-id><slave-port>50000</slave-port></hudson>");
}

void quake(Bytes& bytes, Rng& rng) {
  bytes.u32(0xffffffff)
      .text(
          "statusResponse\n\\sv_hostname\\Arena of Ages\\mapname\\q3dm17\\g_gametype\\0\\version\\"
          "ioq3 1.36 "
          "linux-x86_64\\protocol\\68\\sv_maxclients\\24\\timelimit\\15\\fraglimit\\30\n");
  const std::uint32_t players = rng.between(2, 20);
  for (std::uint32_t i = 0; i < players; ++i) {
    bytes.text(std::to_string(rng.below(50)) + " " + std::to_string(rng.between(20, 150)));
    bytes.text(" \"player" + std::to_string(i) + "\"\n");
  }
}

void steam(Bytes& bytes, Rng& rng) {
  // The answer to A2S_INFO: strings, then the application and the number of players.
  constexpr std::string_view kZero("\0", 1);
  bytes.u32(0xffffffff).u8('I').u8(17);
  for (const std::string_view text :
       {"[EU] Community server 128 tick", "de_dust2", "csgo", "Counter-Strike: Global Offensive"}) {
    bytes.text(text).text(kZero);
  }
  bytes.le16(730).u8(rng.below(32)).u8(32).u8(0).u8('d').u8('l').u8(0).u8(1);
  bytes.text("1.38.0.1").text(kZero).u8(0xa1).le16(27'015);
  bytes.random(8, rng).text("empty,secure,community").text(kZero).random(8, rng);
}

void plex(Bytes& bytes, Rng& rng) {
  // GDM ("G'Day Mate"), the discovery protocol of Plex media servers.
  bytes.text("HTTP/1.0 200 OK\r\nContent-Type: plex/media-server\r\nHost: ");
  for (int i = 0; i < 32; ++i) bytes.u8("0123456789abcdef"[rng.below(16)]);
  bytes.text(".plex.direct\r\nName: media\r\nPort: 32400\r\nResource-Identifier: ");
  for (int i = 0; i < 40; ++i) bytes.u8("0123456789abcdef"[rng.below(16)]);
  bytes.text("\r\nUpdated-At: 1605000000\r\nVersion: 1.20.5.3600-47c0d9038\r\n\r\n");
}

void bittorrent(Bytes& bytes, Rng& rng) {
  // A DHT node's answer to find_node (BEP 5): sixteen compact nodes.
  bytes.text("d2:ip6:").random(6, rng).text("1:rd2:id20:").random(20, rng);
  bytes.text("5:nodes416:")
      .random(416, rng)
      .text("e1:t2:")
      .random(2, rng)
      .text("1:v4:LT")
      .u16(0x0102);
  bytes.text("1:y1:re");
}

void citrix(Bytes& bytes, Rng& rng) {
  // The list of published applications of the ICA browser, after its little-endian length.
  const std::uint32_t names = rng.between(8, 30);
  const std::size_t start = bytes.size();
  bytes.le16(0).u8(2).u8(0x31).u32(0x02fda8e3).fill(24).le32(names);
  for (std::uint32_t i = 0; i < names; ++i) {
    bytes.text("Application " + std::to_string(i)).u8(0);
  }
  const auto size = static_cast<std::uint16_t>(bytes.size() - start);
  bytes.set16(start, static_cast<std::uint16_t>(size << 8 | size >> 8));
}

void middlebox(Bytes& bytes, Rng& rng) {
  // Bock and others, "Weaponizing Middleboxes for TCP Reflected Amplification", USENIX Security 21.
  bytes.text(
      "HTTP/1.1 403 Forbidden\r\nConnection: close\r\nContent-Type: text/html\r\n\r\n"
      "<html><head><title>Access denied</title></head><body><h1>This site is blocked</h1><p>");
  for (std::uint32_t i = rng.between(2, 8); i > 0; --i) {
    bytes.text("Access to the page you asked for has been restricted by order of the operator. ");
  }
  bytes.text("</p></body></html>");
}

void unknown(Bytes& bytes, Rng& rng) {
  bytes.random(rng.between(300, 1200), rng);
}

}  // namespace floodgauge::trafficgen::answers
