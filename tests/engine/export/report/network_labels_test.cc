// Names of networks from MMDB files, which these tests write themselves.
#include "engine/export/report/network_labels.h"

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/export/report/incident_json.h"
#include "tests/engine/export/sample.h"

namespace floodgauge {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

/// Writes the format of https://maxmind.github.io/MaxMind-DB: a binary tree with records of 24
/// bits, then the data.
class MmdbWriter {
 public:
  /// `data`: an encoded map.
  void add(const char* prefix_text, const std::string& data) {
    const IpPrefix prefix = *IpPrefix::parse(prefix_text);
    const int length = prefix.length + (prefix.v6 ? 0 : 96);
    std::size_t node = 0;
    for (int bit = 0; bit < length; ++bit) {
      // The file has IPv4 addresses at ::/96.
      const auto byte = static_cast<std::size_t>(bit / 8);
      const bool mapped = !prefix.v6 && byte < 12;
      const int one = mapped ? 0 : (prefix.address.bytes[byte] >> (7 - bit % 8)) & 1;
      Record& record = nodes_[node][static_cast<std::size_t>(one)];
      if (bit + 1 == length) {
        record = {.data = true, .to = data_.size()};
      } else {
        if (record.to == 0) {
          record.to = nodes_.size();
          nodes_.emplace_back();
        }
        node = nodes_[node][static_cast<std::size_t>(one)].to;
      }
    }
    data_ += data;
  }

  std::string bytes(std::uint64_t epoch) const {
    std::string file;
    for (const auto& node : nodes_) {
      for (const Record& record : node) {
        const std::size_t value = record.data      ? nodes_.size() + 16 + record.to
                                  : record.to == 0 ? nodes_.size()
                                                   : record.to;
        for (const int shift : {16, 8, 0}) file += static_cast<char>(value >> shift);
      }
    }
    file += std::string(16, '\0') + data_ + "\xab\xcd\xefMaxMind.com";
    return file + map({{"binary_format_major_version", number(5, 2)},
                       {"binary_format_minor_version", number(5, 0)},
                       {"build_epoch", number(9, epoch)},
                       {"database_type", text("Test")},
                       {"description", map({})},
                       {"ip_version", number(5, 6)},
                       {"languages", std::string("\x00\x04", 2)},
                       {"node_count", number(6, nodes_.size())},
                       {"record_size", number(5, 24)}});
  }

  static std::string text(const std::string& value) {
    std::string bytes;
    if (value.size() < 29) return std::string(1, static_cast<char>(2 << 5 | value.size())) + value;
    bytes += static_cast<char>(2 << 5 | 29);
    bytes += static_cast<char>(value.size() - 29);
    return bytes + value;
  }
  /// `type`: 5 is uint16, 6 is uint32, 9 is uint64.
  static std::string number(int type, std::uint64_t value) {
    std::string digits;
    for (; value != 0; value >>= 8) digits.insert(0, 1, static_cast<char>(value));
    const auto size = static_cast<int>(digits.size());
    if (type > 7) {
      return std::string{static_cast<char>(size), static_cast<char>(type - 7)} + digits;
    }
    return static_cast<char>(type << 5 | size) + digits;
  }
  static std::string map(const std::map<std::string, std::string>& members) {
    std::string bytes(1, static_cast<char>(7 << 5 | members.size()));
    for (const auto& [key, value] : members) bytes += text(key) + value;
    return bytes;
  }

 private:
  struct Record {
    bool data = false;
    std::size_t to = 0;
  };
  std::vector<std::array<Record, 2>> nodes_{1};
  std::string data_;
};

class NetworkLabelsTest : public testing::Test {
 protected:
  NetworkLabelsTest() {
    std::string name = testing::TempDir() + "floodgauge-labels-XXXXXX";
    folder_ = mkdtemp(name.data());
  }
  ~NetworkLabelsTest() override { std::filesystem::remove_all(folder_); }

  std::string file(const std::string& name, const std::string& content) const {
    std::ofstream(folder_ / name, std::ios::binary) << content;
    return folder_ / name;
  }
  static std::uint64_t now() {
    return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::seconds>(
                                          std::chrono::system_clock::now().time_since_epoch())
                                          .count());
  }
  std::string asn_file(std::uint64_t epoch = now()) const {
    MmdbWriter writer;
    writer.add(
        "203.0.113.0/24",
        MmdbWriter::map({{"autonomous_system_number", MmdbWriter::number(6, 64500)},
                         {"autonomous_system_organization", MmdbWriter::text("Example A")}}));
    writer.add("198.51.100.0/25", MmdbWriter::map({{"asn", MmdbWriter::text("AS64501")},
                                                   {"as_name", MmdbWriter::text("Example B")},
                                                   {"country_code", MmdbWriter::text("NZ")}}));
    writer.add("2001:db8::/32",
               MmdbWriter::map({{"autonomous_system_number", MmdbWriter::number(6, 64502)}}));
    return file("asn.mmdb", writer.bytes(epoch));
  }
  std::string country_file() const {
    MmdbWriter writer;
    writer.add(
        "203.0.113.0/25",
        MmdbWriter::map({{"country", MmdbWriter::map({{"iso_code", MmdbWriter::text("TV")}})}}));
    return file("country.mmdb", writer.bytes(now()));
  }
  NetworkLabels labels(const std::vector<std::string>& paths) {
    return {paths, [this](const std::string& line) { said_.push_back(line); }};
  }
  static NetworkLabel of(const NetworkLabels& labels, const char* address) {
    return labels.of(*IpAddress::parse(address));
  }

  std::filesystem::path folder_;
  std::vector<std::string> said_;
};

TEST_F(NetworkLabelsTest, ReadsTheFormatsOfTheThreeMakers) {
  const NetworkLabels both = labels({asn_file(), country_file()});
  EXPECT_THAT(said_, IsEmpty());
  EXPECT_EQ(of(both, "203.0.113.5"), (NetworkLabel{64500, "Example A", "TV"}));
  EXPECT_EQ(of(both, "203.0.113.200"), (NetworkLabel{64500, "Example A", ""}));
  EXPECT_EQ(of(both, "198.51.100.127"), (NetworkLabel{64501, "Example B", "NZ"}));
  EXPECT_EQ(of(both, "198.51.100.128"), NetworkLabel{});
  EXPECT_EQ(of(both, "2001:db8:ffff::1"), (NetworkLabel{64502, "", ""}));
  EXPECT_EQ(of(both, "2001:db9::1"), NetworkLabel{});
}

TEST_F(NetworkLabelsTest, SumsTheSourcesByNetwork) {
  Incident incident = sample::syn_flood();
  incident.top_sources = {{"203.0.113.5", 50, 0.5},
                          {"198.51.100.1", 20, 0.2},
                          {"203.0.113.6", 11, 0.11},
                          {"192.0.2.1", 5, 0.05}};
  labels({asn_file(), country_file()}).add_to(incident);
  const Json json = incident_json(incident);
  EXPECT_EQ(json["top_sources"][0], (Json{{"value", "203.0.113.5"},
                                          {"packets", 50},
                                          {"share", 0.5},
                                          {"asn", 64500},
                                          {"network", "Example A"},
                                          {"country", "TV"}}));
  EXPECT_TRUE(json["top_sources"][3]["asn"].is_null());
  const std::vector<TopEntry> networks = networks_by_name(incident.top_sources);
  ASSERT_THAT(networks, SizeIs(2));
  EXPECT_EQ(networks[0].value, "Example A");
  EXPECT_EQ(networks[0].packets, 61u);
  EXPECT_DOUBLE_EQ(networks[0].share, 0.61);
  EXPECT_EQ(networks[1].value, "Example B");
}

TEST_F(NetworkLabelsTest, AMissingDamagedOrOldFileIsAWarning) {
  const std::string old = asn_file(now() - 200 * 86'400);
  const NetworkLabels some =
      labels({folder_ / "missing.mmdb", file("text.mmdb", "no database"), old});
  ASSERT_THAT(said_, SizeIs(3));
  EXPECT_THAT(said_[0], HasSubstr("cannot read " + (folder_ / "missing.mmdb").string() +
                                  ": No such file or directory"));
  EXPECT_THAT(said_[1], HasSubstr("text.mmdb"));
  EXPECT_THAT(said_[2], HasSubstr("was made 200 days ago"));
  EXPECT_EQ(of(some, "203.0.113.5").asn, 64500u) << "an old file is used";
}

TEST_F(NetworkLabelsTest, NamesAreShownAsTextWithoutControls) {
  struct Case {
    const char* what;
    std::string name;
    std::string shown;
  };
  for (const Case& one : {
           Case{"letters of any language stay", "T\xc3\xb6ren", "T\xc3\xb6ren"},
           Case{"an escape of the terminal", "a\x1b[2Jb", "a?[2Jb"},
           Case{"a line end", "a\nb", "a?b"},
           Case{"a control beyond ASCII (U+009B)",
                "a\xc2\x9b"
                "2J",
                "a?2J"},
           Case{"bytes that are no UTF-8", "a\xff\xfe", "a??"},
       }) {
    MmdbWriter writer;
    writer.add("192.0.2.0/24", MmdbWriter::map({{"as_name", MmdbWriter::text(one.name)}}));
    const NetworkLabels some = labels({file("odd.mmdb", writer.bytes(now()))});
    EXPECT_EQ(of(some, "192.0.2.9").network, one.shown) << one.what;
  }
}

TEST_F(NetworkLabelsTest, AFileFromTheFutureOrOfNoTimeIsNotCalledOld) {
  labels({asn_file(~std::uint64_t{0}), asn_file(std::uint64_t{1} << 63)});
  EXPECT_THAT(said_, IsEmpty());
}

TEST_F(NetworkLabelsTest, ACutFileCausesNoHarm) {
  const std::string path = asn_file();
  std::ifstream in(path, std::ios::binary);
  const std::string whole((std::istreambuf_iterator<char>(in)), {});
  for (std::size_t i = 0; i < whole.size(); i += 37) {
    std::string damaged = whole;
    damaged[i] = static_cast<char>(damaged[i] ^ 0xff);
    const NetworkLabels odd = labels({file("odd.mmdb", damaged)});
    for (const char* address : {"203.0.113.5", "198.51.100.1", "2001:db8::1"}) of(odd, address);
  }
}

}  // namespace
}  // namespace floodgauge
