#include <string>

#include "bench/trafficgen/reflection_answers.h"

namespace floodgauge::trafficgen::answers {
namespace {

/// A field of Ubiquiti's discovery protocol: type, 16-bit length, value.
void append_field(Bytes& bytes, std::uint8_t type, const Bytes& value) {
  bytes.u8(type).u16(static_cast<std::uint32_t>(value.size())).append(value.view());
}

std::string hex(Rng& rng, int digits) {
  std::string text;
  for (int i = 0; i < digits; ++i) text.push_back("0123456789abcdef"[rng.below(16)]);
  return text;
}

}  // namespace

void ssdp(Bytes& bytes, Rng& rng) {
  // UPnP Device Architecture 1.1, section 1.3.3.
  bytes.text("HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nEXT:\r\n");
  bytes.text("ST: urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\nUSN: uuid:");
  bytes.text(hex(rng, 8) + "-" + hex(rng, 4) + "-" + hex(rng, 4) + "-" + hex(rng, 12));
  bytes.text("::urn:schemas-upnp-org:device:InternetGatewayDevice:1\r\n");
  bytes.text("LOCATION: http://192.168.").text(std::to_string(rng.below(256)));
  bytes.text(".1:49152/rootDesc.xml\r\nSERVER: Linux/2.6.30 UPnP/1.0 MiniUPnPd/1.5\r\n\r\n");
}

void wsd(Bytes& bytes, Rng& rng) {
  // ProbeMatches (OASIS WS-Discovery 1.1, section 5.3).
  bytes.text(
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?><SOAP-ENV:Envelope "
      "xmlns:SOAP-ENV=\"http://www.w3.org/2003/05/soap-envelope\" "
      "xmlns:wsa=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" "
      "xmlns:wsd=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\" "
      "xmlns:dn=\"http://www.onvif.org/ver10/network/wsdl\"><SOAP-ENV:Header><wsa:MessageID>uuid:");
  bytes.text(hex(rng, 32));
  bytes.text(
      "</wsa:MessageID><wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches"
      "</wsa:Action></SOAP-ENV:Header><SOAP-ENV:Body><wsd:ProbeMatches><wsd:ProbeMatch>"
      "<wsd:Types>dn:NetworkVideoTransmitter</wsd:Types><wsd:Scopes>onvif://www.onvif.org/type/"
      "video_encoder onvif://www.onvif.org/location/country onvif://www.onvif.org/name/IPCAM"
      "</wsd:Scopes><wsd:XAddrs>http://192.168.1.108/onvif/device_service</wsd:XAddrs>"
      "<wsd:MetadataVersion>1</wsd:MetadataVersion></wsd:ProbeMatch></wsd:ProbeMatches>"
      "</SOAP-ENV:Body></SOAP-ENV:Envelope>");
}

void coap(Bytes& bytes, Rng& rng) {
  // 2.05 Content to GET /.well-known/core: link format (RFC 7252 section 5.2, RFC 6690).
  bytes.u8(0x60).u8(0x45).u16(rng.u16()).u8(0xc1).u8(40).u8(0xff);
  const std::uint32_t links = rng.between(4, 12);
  for (std::uint32_t i = 0; i < links; ++i) {
    bytes.text(i == 0 ? "" : ",").text("</sensors/").text(std::to_string(i));
    bytes.text(">;rt=\"temperature-c\";if=\"sensor\";title=\"Sensor index\"");
  }
}

void ard(Bytes& bytes, Rng& rng) {
  // Apple Remote Management Service: always 1006 bytes, beginning with the length of the rest.
  bytes.u16(1).u16(1002).random(46, rng).text("Mac mini").fill(948);
}

void ubiquiti(Bytes& bytes, Rng& rng) {
  Bytes fields;
  append_field(fields, 0x02, Bytes().random(6, rng).u32(0xc0a80114));
  append_field(fields, 0x01, Bytes().random(6, rng));
  append_field(fields, 0x0a, Bytes().u32(rng.below(10'000'000)));
  append_field(fields, 0x0b, Bytes().text("HACKED-ROUTER-HELP-SOS-DEFAULT-PW"));
  append_field(fields, 0x0c, Bytes().text("LM5"));
  append_field(fields, 0x0d, Bytes().text("uplink-" + std::to_string(rng.below(100))));
  append_field(fields, 0x03, Bytes().text("XM.ar7240.v5.6.5.29033.160515.2119"));
  append_field(fields, 0x0e, Bytes().u8(2));
  bytes.u8(1).u8(0).u16(static_cast<std::uint32_t>(fields.size())).append(fields.view());
}

void dhcpdiscover(Bytes& bytes, Rng& rng) {
  // The answer of a DVR from port 37810: a header that contains its length twice, then JSON.
  std::string json =
      "{\"mac\":\"" + hex(rng, 12) +
      "\",\"method\":\"client.notifyDevInfo\",\"params\":{"
      "\"deviceInfo\":{\"AlarmInputChannels\":16,\"AlarmOutputChannels\":6,\"DeviceClass\":"
      "\"HCVR\","
      "\"DeviceType\":\"DHI-HCVR5116H-S2\",\"Find\":\"BD\",\"HttpPort\":80,\"IPv4Address\":{"
      "\"DefaultGateway\":\"192.168.1.1\",\"DhcpEnable\":false,\"IPAddress\":\"192.168.1.108\","
      "\"SubnetMask\":\"255.255.255.0\"},\"MachineName\":\"HCVR\",\"Port\":37777,"
      "\"RemoteVideoInputChannels\":0,\"SerialNo\":\"" +
      hex(rng, 15) +
      "\",\"Vendor\":\"Private\","
      "\"Version\":\"3.210.1.4\",\"VideoInputChannels\":16,\"VideoOutputChannels\":16}}}\n";
  const auto size = static_cast<std::uint32_t>(json.size());
  bytes.le32(32).text("DHIP").u64(0).le32(size).le32(0).le32(size).le32(0).text(json);
}

void ipmi(Bytes& bytes, Rng& rng) {
  // Get Channel Authentication Capabilities, response (IPMI 2.0, sections 13.1 and 22.13).
  bytes.u32(0x0600ff07).u8(0).u64(0).u8(16);
  bytes.u8(0x81).u8(0x1c).u8(0x63);
  const std::size_t summed = bytes.size();
  bytes.u8(0x20).u8(rng.below(64) << 2).u8(0x38).u8(0).u8(1).u8(0x97).u8(4).u8(3).u32(0);
  std::uint32_t sum = 0;
  for (std::size_t at = summed; at < bytes.size(); ++at) sum += bytes[at];
  bytes.u8(0x100 - (sum & 0xff));
}

void bacnet(Bytes& bytes, Rng& rng) {
  // BACnet/IP: acknowledges ReadProperty with the name of the device (ANSI/ASHRAE 135, annex J).
  const std::string name = "Building controller " + std::to_string(rng.below(10'000)) +
                           ", plant room, air handling unit and chillers";
  const auto size = static_cast<std::uint32_t>(name.size());
  const std::size_t start = bytes.size();
  bytes.u8(0x81).u8(0x0a).u16(0).u8(1).u8(0).u8(0x30).u8(1).u8(0x0c);
  bytes.u8(0x0c).u32(0x02000000 | rng.below(4'000'000)).u8(0x19).u8(77);
  bytes.u8(0x3e).u8(0x75).u8(size + 1).u8(0).text(name).u8(0x3f);
  bytes.set16(start + 2, bytes.size() - start);
}

}  // namespace floodgauge::trafficgen::answers
