// Payloads that the built-in signatures must know, and payloads that none may match.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace floodgauge {

using namespace std::string_literals;

// The bytes of hexadecimal digits. Blanks are ignored.
inline std::string hex(std::string_view digits) {
  std::string bytes;
  int high = -1;
  for (const char c : digits) {
    if (c == ' ') continue;
    const int value = c <= '9' ? c - '0' : c - 'a' + 10;
    if (high < 0) {
      high = value;
    } else {
      bytes += static_cast<char>(high << 4 | value);
      high = -1;
    }
  }
  return bytes;
}

inline std::string chargen(std::size_t from, std::size_t length) {
  std::string text;
  for (std::size_t i = 0; i < length; ++i) text += static_cast<char>(33 + (from + i) % 94);
  return text + "\r\n";
}

struct Sample {
  const char* name;  // the signature that must win
  std::string payload;
  std::uint16_t source_port = 0;
};

// One or more payloads for every built-in signature, as the protocols' specifications have them.
inline const Sample kPositive[] = {
    {"memcached_answer", hex("0000 0000 0001 0000") + "STAT pid 1162\r\nSTAT uptime 5\r\n"},
    {"memcached_answer", hex("1234 0005 0400 0000") + "VALUE a 0 1048576\r\naaaa"},
    {"ntp_monlist_answer", hex("d7 00 03 2a 0006 0048 0000 0001") + std::string(432, '\1')},
    {"ntp_monlist_answer", hex("97 63 03 2a 0001 0048") + std::string(72, '\0')},
    {"ntp_private_answer", hex("97 00 03 01 0002 0020") + std::string(64, '\2')},
    {"ntp_control_answer", hex("16 82 0001 0618 0000 0000 01d4") + "version=\"ntpd 4.2.6p5\", x=1"},
    {"ntp_server_answer",
     hex("24 02 03 e9 0000 0a12 0000 0b3c 8103 1dcb e6c1 4a11 0000 0000") + std::string(24, 'x')},
    {"mdns_answer", hex("0001 8400 0001 0001 0000 0000 09") + "_services" + hex("07") + "_dns-sd" +
                        hex("04") + "_udp" + hex("05") + "local" + hex("00 000c 0001")},
    {"mdns_service_answer", hex("0000 8400 0000 0002 0000 0003 0b") + "_googlecast" + hex("04") +
                                "_tcp" + hex("c012 000c 0001")},
    {"netbios_status_answer", hex("80f0 8400 0000 0001 0000 0000 20") + "CK" +
                                  std::string(30, 'A') + hex("00 0021 0001 0000 0000 0089")},
    {"dns_answer", hex("1234 8180 0001 001e 0000 0001 07") + "example" + hex("03") + "net" +
                       hex("00 00ff 0001 c00c")},
    {"dns_answer", hex("0001 8183 0001 0000 0001 0000 02") + "X1" + hex("00 0001 0001")},
    {"dns_answer", hex("9999 8400 0001 000d 0000 0001 00 00ff 0001 00 0006 0001")},
    {"plex_answer", "HTTP/1.0 200 OK\r\nContent-Type: plex/media-server\r\nName: box\r\n"},
    {"ssdp_answer",
     "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age=120\r\nLOCATION: http://192.168.1.1:65535/r.xml\r\n"
     "SERVER: Linux UPnP/1.0\r\nST: upnp:rootdevice\r\nUSN: uuid:1\r\n\r\n"},
    {"ssdp_notify", "NOTIFY * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\n"},
    {"cldap_answer", hex("3084 0000 0b3e 0201 0164 8400 000b 3504 0030 84")},
    {"cldap_answer", hex("30 0c 0201 07 65 07 0a01 0004 0004 00")},
    {"snmp_answer", hex("3082 0541 0201 0104 06") + "public" + hex("a282 0532 0204")},
    {"snmp_v3_answer", hex("3068 0201 0330 1102 0440 f32a b302 0300 ffe3 0401 0002 0103 0430 302e"
                           "040d 8000")},
    {"chargen_answer", chargen(0, 72) + chargen(1, 72)},
    {"chargen_answer", chargen(50, 72)},
    {"chargen_answer", chargen(70, 72) + chargen(71, 72)},
    {"qotd_answer",
     "\"We have more to fear from the bungling of the incompetent\"\r\n A. Writer\r\n"},
    {"rip_answer", hex("0201 0000 0002 0000 0a00 0000 0000 0000 0000 0000 0000 0001")},
    {"portmap_dump_answer", hex("65 0a 39 5f 0000 0001 0000 0000 0000 0000 0000 0000 0000 0000"
                                "0000 0001 0001 86a0 0000 0004 0000 0006 0000 006f")},
    {"tftp_data", hex("0003 0001") + std::string(512, 'c')},
    {"tftp_error", hex("0005 0001") + "File not found" + hex("00")},
    {"wsd_answer",
     "<?xml version=\"1.0\" encoding=\"UTF-8\"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="
     "\"http://www.w3.org/2003/05/soap-envelope\"><SOAP-ENV:Body><d:ProbeMatches>"},
    {"coap_links_answer", hex("60 45 1234 c1 28 ff") + "</castDeviceSearch>,</qlink/success>"},
    {"ard_answer", hex("0001 03ea 0031 0000") + std::string(998, '\0')},
    {"jenkins_answer", "<hudson><version>2.204.1</version><url>http://ci/</url>"},
    {"openvpn_answer", hex("40 0102030405060708 01 00000000 1112131415161718 00000000")},
    {"stun_answer", hex("0101 0058 2112 a442") + std::string(12, 't')},
    {"sip_answer", "SIP/2.0 404 Not Found\r\nVia: SIP/2.0/UDP 192.0.2.1\r\n"},
    {"quake_answer", hex("ffffffff") + "statusResponse\n\\sv_hostname\\x"},
    {"quake_answer", hex("ffffffff") + "n\\maxclients\\16"},
    {"steam_answer", hex("ffffffff 49 11") + "a server"},
    {"steam_answer", hex("ffffffff 44 05 00") + "player"},
    {"steam_answer", hex("ffffffff 6d") + "192.0.2.1:27015"},
    {"steam_challenge", hex("ffffffff 41 0a0b0c0d")},
    {"steam_split_answer", hex("feffffff 0100 0000 02 00 e004 ffffffff45")},
    {"ubiquiti_answer", hex("0100 0092 0200 0a24 a43c 0102 03c0 a801 1401 0006")},
    {"dhcpdiscover_answer", hex("2000 0000") + "DHIP" + std::string(24, '\0') +
                                "{ \"mac\" : \"4c:11:bf:00:00:01\", \"method\" : "
                                "\"client.notifyDevInfo\", \"params\" : {}}"},
    {"dhcpdiscover_answer", "{\"mac\":\"b4:4c:3b:00:00:01\",\"method\":\"client.notifyDevInfo\"}"},
    {"ipmi_pong", hex("0600 ff06 0000 11be 4000 0010 0000 11be 0000 0000 8100 0000 0000 0000")},
    {"ipmi_answer", hex("0600 ff07 00 00000000 00000000 10 81 1c 63 20 00 38 00 01 17 04 02")},
    {"bittorrent_answer", "d1:rd2:id20:abcdefghij0123456789e1:t2:aa1:y1:re"},
    {"bittorrent_answer", "d2:ip6:abcdef1:rd2:id20:abcdefghij0123456789"},
    {"citrix_answer", hex("3000 0231 02fd a8e3 0000 0000")},
    {"slp_answer", hex("0202 0000 2b00 0000 0000 1234 0002") + "en" + hex("0000 0001 00")},
    {"slp_answer", hex("020a 0000 2b40 0000 0000 1234 0002") + "en" + hex("0000 0010")},
    {"sadp_answer", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<ProbeMatch>\r\n<Uuid>4980"},
    {"dtls_server_flight",
     hex("16 fefd 0000 0000 0000 0000 0052 02 0000 46 0000 0000 0000 0046 fefd")},
    {"quic_answer", hex("c1 00000001 00 08 6c6d6e6f70717273 00 4082") + std::string(130, 'q'), 443},
    {"quic_answer", hex("e2 00000001 00 08 6c6d6e6f70717273 43e8") + std::string(99, 'q'), 443},
    {"quic_answer", hex("ba 00000000 00 08 6c6d6e6f70717273 00000001 ff00001d"), 8443},
    {"mssql_answer", hex("05 7100") + "ServerName;SQL1;InstanceName;SQLEXPRESS;IsClustered;No;"},
    {"xdmcp_answer", hex("0001 0005 001d 0000 0005") + "hosta" + hex("0010") + "Linux 3.10, idle"},
    {"xdmcp_answer", hex("0001 0006 000b 0005") + "hosta" + hex("0002") + "no"},
    {"natpmp_address", hex("0080 0000 0012d687 c0000201")},
    {"natpmp_mapping", hex("0081 0000 0012d687 1f90 1f90 00000e10")},
    {"db2_answer", "DB2RETADDR" + hex("00") + "SQL09050" + hex("00")},
    {"crestron_answer", hex("1500 0000 0102 0304 0506") + "CP3-01" + hex("0000")},
    {"digi_answer", "DIGI" + hex("0002 0018 0106") + "abcdef"},
    {"lantronix_answer", hex("0000 00f7") + std::string(26, 'l')},
    {"afs_answer", std::string(20, 'r') + hex("0d 01020304050607") + " OpenAFS 1.6.5"},
    {"raknet_answer", hex("1c 0000000000000001 0000000000000002 00ffff00fefefefefdfdfdfd12345678") +
                          "MCPE;a server;"},
    {"dhcpdiscover_frame",
     hex("2000 0000") + "DHIP" + std::string(24, '\0') + "{\"mac\":\"4c:11\"}"},
    {"dtls_hello_verify",
     hex("16 feff 0000 0000 0000 0000 0023 03 0000 17 0000 0000 0000 0017 feff")},
    {"l2tp_answer", hex("c802 0064 0001 0000 0000 0001 8008 0000 0000 0002 8008 0000 0002 0100")},
    {"isakmp_answer", hex("0123456789abcdef fedcba9876543210 01 10 02 00 00000000 00000068 0d00")},
    {"isakmp_nat_answer",
     hex("00000000 0123456789abcdef fedcba9876543210 21 20 22 20 00000000 000001b8")},
    {"isakmp_notify", hex("0123456789abcdef 0000000000000000 0b 10 05 00 12345678 00000028 0000")},
    {"bacnet_answer", hex("810a 0018 0100 3001 0c0c 0237 fb1d 194b 3e75")},
    {"ntp_monlist_request", hex("1700 032a 0000 0000")},
    {"ntp_control_request", hex("1602 0001 0000 0000 0000 0000")},
    {"memcached_request", hex("0000 0000 0001 0000") + "stats\r\n"},
    {"ssdp_search", "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nST: ssdp:all\r\n"},
    {"wsd_probe",
     "<soap:Envelope><wsa:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</"
     "wsa:Action>"},
    {"a2s_info_query", hex("ffffffff") + "TSource Engine Query" + hex("00")},
    {"a2s_query", hex("ffffffff 55 ffffffff")},
    {"quake_query", hex("ffffffff") + "getstatus"},
    {"teamspeak_init", "TS3INIT1" + hex("0065 0000 88")},
    {"raknet_query", hex("01 0000000000000001 00ffff00fefefefefdfdfdfd12345678")},
    {"sip_request", "INVITE sip:100@198.51.100.1 SIP/2.0\r\n"},
    {"sip_request", "REGISTER sip:198.51.100.1 SIP/2.0\r\n"},
    {"cldap_search", hex("3025 0201 0163 2004 000a 0100 0a01 0002 0100")},
    {"snmp_getbulk", hex("3026 0201 0104 06") + "public" + hex("a519 0204")},
    {"portmap_dump_request", hex("65 0a 39 5f 0000 0000 0000 0002 0001 86a0 0000 0002 0000 0004")},
    {"coap_discovery", hex("40 01 1234 bb") + ".well-known" + hex("04") + "core"},
    {"openvpn_client_reset", hex("38 0102030405060708 00 00000000")},
    {"dns_any_query", hex("1234 0100 0001 0000 0000 0001 07") + "example" + hex("03") + "net" +
                          hex("00 00ff 0001 00 0029")},
    {"wordpress_pingback",
     "GET / HTTP/1.0\r\nUser-Agent: WordPress/4.1; http://blog; verifying "
     "pingback from 198.51.100.1\r\n"},
    {"http_request", "GET /?x=1 HTTP/1.1\r\nHost: a\r\n"},
    {"fill_zero", std::string(512, '\0')},
    {"fill_letter", std::string(120, 'X')},
    {"fill_letter", std::string(1400, 'A')},
};

// Payloads that are neither an attack tool's nor an amplifier's answer.
inline const Sample kBenign[] = {
    {"a DNS query", hex("1234 0100 0001 0000 0000 0000 03") + "www" + hex("00 0001 0001")},
    {"an NTP client's request",
     hex("23 00 06 20") + std::string(36, '\0') + hex("e6c1 4a11 0000 0000")},
    {"a QUIC initial", hex("c3 00000001 08 0102030405060708 00 00 449e") + std::string(1180, 'q')},
    {"a QUIC short header", hex("43 0102030405060708") + std::string(200, 'q')},
    {"RTP", hex("80 60 1234 0001 0203 1122 3344") + std::string(160, 'r')},
    {"a STUN request", hex("0001 0000 2112 a442") + std::string(12, 't')},
    {"a DTLS ClientHello",
     hex("16 feff 0000 0000 0000 0000 0060 01 0000 54 0000 0000 0000 0054 fefd")},
    {"WireGuard's handshake", hex("01000000 aabbccdd") + std::string(140, 'w')},
    {"WireGuard's data", hex("04000000 aabbccdd 0100000000000000") + std::string(96, 'w')},
    {"OpenVPN's data", hex("30") + std::string(100, 'o')},
    {"ESP in UDP", hex("c1234567 00000001") + std::string(100, 'e')},
    {"an IKE initiator",
     hex("0123456789abcdef 0000000000000000 21 20 22 08 00000000 000001b8 2800")},
    {"syslog", "<34>Oct 11 22:14:15 host su: 'su root' failed"},
    {"JSON", "{\"method\":\"ping\",\"id\":1}"},
    {"an SNMP get", hex("3026 0201 0104 06") + "public" + hex("a019 0204")},
    {"a DHT query", "d1:ad2:id20:abcdefghij0123456789e1:q4:ping1:t2:aa1:y1:qe"},
    {"a page", "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello"},
    {"plain text", "The quick brown fox jumps over the lazy dog, 0123456789."},
    {"TLS's ClientHello", hex("16 0301 0200 01 0001fc 0303") + std::string(32, 'r')},
    {"SSH", "SSH-2.0-OpenSSH_9.2\r\n"},
    {"DTLS before it was a standard", hex("16 0100 0000 0000 0000 0000 0060 01 0000 54")},
    {"a few zeros", std::string(8, '\0')},
    {"a CoAP request", hex("44 01 1234 0a0b0c0d b4") + "temp"},
    {"one byte", "\xff"s},
};

}  // namespace floodgauge
