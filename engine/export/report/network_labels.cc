#include "engine/export/report/network_labels.h"

#include <arpa/inet.h>
#include <maxminddb.h>
#include <netinet/in.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstring>
#include <map>

#include "engine/base/utf8.h"

namespace floodgauge {
namespace {

constexpr std::uint64_t kOldSeconds = 183 * std::uint64_t{86'400};
/// A name that is longer is cut: it comes from a file of somebody else's.
constexpr std::size_t kMostName = 100;

/// The name as it may be shown: UTF-8, without the controls of a terminal.
std::string shown(std::string_view name) {
  std::string text = valid_utf8(name);
  std::string_view rest = text;
  std::string clean;
  while (!rest.empty()) {
    const CodePoint point = first_code_point(rest).value_or(CodePoint{U'?', 1});
    const bool control = point.value < 0x20 || (point.value >= 0x7f && point.value < 0xa0);
    clean += control ? std::string_view("?") : rest.substr(0, point.bytes);
    rest.remove_prefix(point.bytes);
  }
  return clean;
}

/// The text at a path in the entry, such as {"country", "iso_code"}; empty when there is none.
std::string text_at(MMDB_entry_s& entry, const char* first, const char* second = nullptr) {
  MMDB_entry_data_s data;
  const char* const path[] = {first, second, nullptr};
  const bool found = MMDB_aget_value(&entry, &data, path) == MMDB_SUCCESS && data.has_data &&
                     data.type == MMDB_DATA_TYPE_UTF8_STRING;
  if (!found) return "";
  return shown({data.utf8_string, std::min<std::size_t>(data.data_size, kMostName)});
}

/// "AS64500" or "64500"; 0 for other texts.
std::uint32_t asn_of(std::string_view text) {
  if (text.starts_with("AS")) text.remove_prefix(2);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size() ? number : 0;
}

std::uint32_t number_at(MMDB_entry_s& entry, const char* key) {
  MMDB_entry_data_s data;
  const char* const path[] = {key, nullptr};
  const bool found = MMDB_aget_value(&entry, &data, path) == MMDB_SUCCESS && data.has_data;
  if (found && data.type == MMDB_DATA_TYPE_UINT32) return data.uint32;
  return found && data.type == MMDB_DATA_TYPE_UINT16 ? data.uint16 : 0;
}

void add_entry(MMDB_entry_s& entry, NetworkLabel& label) {
  if (label.asn == 0) label.asn = number_at(entry, "autonomous_system_number");
  if (label.asn == 0) label.asn = asn_of(text_at(entry, "asn"));
  for (const char* key : {"autonomous_system_organization", "as_name"}) {
    if (label.network.empty()) label.network = text_at(entry, key);
  }
  if (label.country.empty()) label.country = text_at(entry, "country", "iso_code");
  for (const char* key : {"country_code", "country"}) {
    if (label.country.empty()) label.country = text_at(entry, key);
  }
}

std::string name_of(const NetworkLabel& label) {
  if (!label.network.empty()) return label.network;
  if (label.asn != 0) return "AS" + std::to_string(label.asn);
  return label.country;
}

void label_all(const NetworkLabels& labels, std::vector<TopEntry>& entries) {
  for (TopEntry& entry : entries) {
    if (const auto address = IpAddress::parse(entry.value)) entry.label = labels.of(*address);
  }
}

}  // namespace

struct NetworkLabels::File {
  File() = default;
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (opened) MMDB_close(&database);
  }

  MMDB_s database{};
  bool opened = false;
};

NetworkLabels::NetworkLabels(const std::vector<std::string>& paths,
                             const std::function<void(const std::string&)>& warn) {
  for (const std::string& path : paths) {
    auto file = std::make_unique<File>();
    const int error = MMDB_open(path.c_str(), MMDB_MODE_MMAP, &file->database);
    if (error != MMDB_SUCCESS) {
      const bool of_system = error == MMDB_FILE_OPEN_ERROR || error == MMDB_IO_ERROR;
      warn("labels: cannot read " + path + ": " +
           (of_system ? std::strerror(errno) : MMDB_strerror(error)) +
           "; sources go without its names");
      continue;
    }
    file->opened = true;
    const auto now = std::chrono::duration_cast<std::chrono::seconds>(
        std::chrono::system_clock::now().time_since_epoch());
    const std::uint64_t made = file->database.metadata.build_epoch;
    const auto today = static_cast<std::uint64_t>(now.count());
    if (made < today && today - made > kOldSeconds) {
      warn("labels: " + path + " was made " + std::to_string((today - made) / 86'400) +
           " days ago: its names may be wrong");
    }
    files_.push_back(std::move(file));
  }
}

NetworkLabels::~NetworkLabels() = default;

NetworkLabel NetworkLabels::of(const IpAddress& address) const {
  sockaddr_in6 v6{};
  sockaddr_in v4{};
  const bool is_v4 = address.is_v4();
  v4.sin_family = AF_INET;
  v4.sin_addr.s_addr = htonl(is_v4 ? address.v4() : 0);
  v6.sin6_family = AF_INET6;
  std::memcpy(&v6.sin6_addr, address.bytes.data(), address.bytes.size());
  const auto* socket_address =
      is_v4 ? reinterpret_cast<const sockaddr*>(&v4) : reinterpret_cast<const sockaddr*>(&v6);
  NetworkLabel label;
  for (const auto& file : files_) {
    int error = MMDB_SUCCESS;
    MMDB_lookup_result_s found = MMDB_lookup_sockaddr(&file->database, socket_address, &error);
    if (error == MMDB_SUCCESS && found.found_entry) add_entry(found.entry, label);
  }
  return label;
}

void NetworkLabels::add_to(Incident& incident) const {
  label_all(*this, incident.top_sources);
  label_all(*this, incident.towards);
  for (TopEntry& network : incident.top_networks) {
    if (const auto prefix = IpPrefix::parse(network.value)) network.label = of(prefix->address);
  }
}

std::vector<TopEntry> networks_by_name(const std::vector<TopEntry>& sources) {
  std::map<std::string, TopEntry> networks;
  for (const TopEntry& source : sources) {
    if (!source.label || *source.label == NetworkLabel{}) continue;
    TopEntry& sum = networks[name_of(*source.label)];
    sum.packets += source.packets;
    sum.share += source.share;
    sum.label = source.label;
  }
  std::vector<TopEntry> sorted;
  for (auto& [name, entry] : networks) {
    entry.value = name;
    sorted.push_back(std::move(entry));
  }
  std::stable_sort(sorted.begin(), sorted.end(),
                   [](const TopEntry& a, const TopEntry& b) { return a.packets > b.packets; });
  return sorted;
}

}  // namespace floodgauge
