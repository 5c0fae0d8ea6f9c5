// Services that advisories have named since 2020, and a few older ones that came back with them.
// config/reflectors.yaml names the source of each.
#include <string>

#include "bench/trafficgen/reflection_answers.h"

namespace floodgauge::trafficgen::answers {

void slp(Bytes& bytes, Rng& rng) {
  // Service Type Reply (RFC 2608, sections 8.1 and 10.2) with types that somebody has registered.
  std::string types;
  const std::uint32_t count = rng.between(4, 30);
  for (std::uint32_t i = 0; i < count; ++i) {
    types += (i == 0 ? "service:" : ",service:") + std::string("printer.") + std::to_string(i);
  }
  const auto size = static_cast<std::uint32_t>(types.size());
  bytes.u8(2).u8(10).u24(16 + 4 + size).u16(0).u24(0).u16(rng.u16()).u16(2).text("en");
  bytes.u16(0).u16(size).text(types);
}

void tp240(Bytes& bytes, Rng& rng) {
  // Counters of the test facility, as text of 36 to 45 bytes.
  bytes.text("call.blast").fill(20, ' ').text(std::to_string(rng.below(2'000'000'000)));
}

void sadp(Bytes& bytes, Rng& rng) {
  bytes.text("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<ProbeMatch>\r\n<Uuid>4980C8A1-")
      .text(std::to_string(rng.between(1000, 9999)))
      .text("-427B-979A-D11FF5BA053B</Uuid>\r\n<Types>inquiry</Types>\r\n<DeviceType>140071")
      .text("</DeviceType>\r\n<DeviceDescription>DS-2CD5026EFWD</DeviceDescription>\r\n")
      .text("<CommandPort>8000</CommandPort>\r\n<HttpPort>80</HttpPort>\r\n<IPv4Address>")
      .text("192.168.66.24</IPv4Address>\r\n<Activated>true</Activated>\r\n</ProbeMatch>\r\n");
}

void dtls(Bytes& bytes, Rng& rng) {
  // ServerHello and the first part of Certificate, in records of epoch 0 (RFC 6347, section 4).
  bytes.u8(22).u16(0xfefd).u16(0).u16(0).u32(0).u16(82).u8(2).u24(70).u16(0).u24(0).u24(70);
  bytes.u16(0xfefd).random(32, rng).u8(32).random(32, rng).u16(0xc030).u8(0);
  bytes.u8(22).u16(0xfefd).u16(0).u16(0).u32(1).u16(1012).u8(11).u24(2400).u16(1).u24(0).u24(1000);
  bytes.random(1000, rng);
}

void quic(Bytes& bytes, Rng& rng) {
  // A server's Initial with a Handshake behind it (RFC 9000, section 17.2), padded.
  bytes.u8(0xc0 | rng.below(4)).u32(1).u8(0).u8(8).random(8, rng).u8(0).u16(0x4000 | 130);
  bytes.random(130, rng).u8(0xe0).u32(1).u8(0).u8(8).random(8, rng).u16(0x4000 | 1000);
  bytes.random(1000, rng);
}

void mssql(Bytes& bytes, Rng& rng) {
  std::string text;
  for (std::uint32_t i = rng.between(1, 3); i-- > 0;) {
    text += "ServerName;SQL" + std::to_string(rng.below(1000)) +
            ";InstanceName;SQLEXPRESS;IsClustered;No;Version;15.0.2000.5;tcp;1433;np;\\\\SQL\\pipe"
            "\\sql\\query;;";
  }
  bytes.u8(5).le16(static_cast<std::uint32_t>(text.size())).text(text);
}

void xdmcp(Bytes& bytes, Rng& rng) {
  // Willing: authentication name, host name, status (XDMCP, chapter 2).
  const std::string host = "workstation" + std::to_string(rng.below(100));
  const std::string status = "Linux 3.10.0-1160.el7.x86_64, 12 users, load 0.31";
  const auto size = static_cast<std::uint32_t>(host.size() + status.size());
  bytes.u16(1).u16(5).u16(6 + size).u16(0);
  bytes.u16(static_cast<std::uint32_t>(host.size())).text(host);
  bytes.u16(static_cast<std::uint32_t>(status.size())).text(status);
}

void natpmp(Bytes& bytes, Rng& rng) {
  bytes.u8(0).u8(128).u16(0).u32(rng.below(10'000'000)).random(4, rng);
}

void db2(Bytes& bytes, Rng& rng) {
  bytes.text("DB2RETADDR").u8(0).text("SQL09050").u8(0);
  bytes.text("HOST" + std::to_string(rng.below(1000))).fill(230);
}

void crestron(Bytes& bytes, Rng& rng) {
  bytes.u32(0x15000000).random(6, rng).text("CP3-" + std::to_string(rng.below(1000))).fill(250);
  bytes.text("CP3 Cntrl Eng [v1.502.0029 (Apr 28 2016), #00C3A5B1]").fill(80);
}

void digi(Bytes& bytes, Rng& rng) {
  const std::string name = "Digi Connect " + std::to_string(rng.below(1000));
  const auto size = static_cast<std::uint32_t>(name.size());
  bytes.text("DIGI").u16(2).u16(8 + 2 + size).u8(1).u8(6).random(6, rng).u8(13).u8(size).text(name);
}

void lantronix(Bytes& bytes, Rng& rng) {
  bytes.u32(0x000000f7).random(20, rng).random(6, rng);
}

void afs(Bytes& bytes, Rng& rng) {
  // Rx header of 28 bytes, type 13 (version), then the release.
  bytes.random(20, rng).u8(13).random(7, rng).text(" OpenAFS 1.6.5 2013-07-24 built 2013").fill(20);
}

void raknet(Bytes& bytes, Rng& rng) {
  bytes.u8(0x1c).random(16, rng).u32(0x00ffff00).u32(0xfefefefe).u32(0xfdfdfdfd).u32(0x12345678);
  const std::string name = "MCPE;a server;589;1.20.1;" + std::to_string(rng.below(100)) +
                           ";100;13253860892328930865;Bedrock level;Survival;1;19132;19133;";
  bytes.u16(static_cast<std::uint32_t>(name.size())).text(name);
}

void daytime(Bytes& bytes, Rng& rng) {
  bytes.text("Mon Nov 30 08:" + std::to_string(rng.between(10, 59)) + ":00 2026\r\n");
}

}  // namespace floodgauge::trafficgen::answers
