// floodgauge-trafficgen: writes captures from a seed, and the ground truth of each.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "bench/trafficgen/generator.h"
#include "bench/trafficgen/listing.h"
#include "bench/trafficgen/presets.h"

namespace {

using namespace floodgauge::trafficgen;
using floodgauge::Nanoseconds;
using floodgauge::whole_seconds;

struct Options {
  std::string out;
  std::string truth;
  std::string format;
  std::string start = "2026-01-01T00:00:00Z";
  std::string duration;
  std::string limit = "50kpps";
  std::string preset;
  std::uint64_t seed = 1;
  std::uint32_t snaplen = 262'144;
  std::uint32_t sample = 1;
  double asymmetric = 0;
  std::string view = "both";
  std::string skip = "0s";
  bool rhythm = false;
  double ipv6_share = 0.15;
  std::vector<std::string> inside;
  std::vector<std::string> benign;
  std::vector<std::string> floods;
  std::vector<std::string> effects;
  std::vector<std::string> servers;
  bool list = false;
};

void declare(CLI::App& app, Options& options) {
  app.add_option("--out", options.out, "capture to write: .pcap or .pcapng, with .gz compressed");
  app.add_option("--truth", options.truth, "ground truth to write (default OUT.truth.json)");
  app.add_option("--format", options.format, "pcap-ns, pcap-us or pcapng (default by name)")
      ->check(CLI::IsMember({"pcap-ns", "pcap-us", "pcapng"}));
  app.add_option("--seed", options.seed, "equal seeds give equal files")->capture_default_str();
  app.add_option("--duration", options.duration, "length of the capture (default 10s)");
  app.add_option("--start", options.start, "time of its beginning")->capture_default_str();
  app.add_option("--benign", options.benign, "MIX=RATE, ordinary traffic; repeatable")
      ->allow_extra_args(false);
  app.add_option("--flood", options.floods, "VECTOR:target=...,rate=...,...; repeatable")
      ->allow_extra_args(false);
  app.add_option("--server", options.servers,
                 "SERVICE:host=...,rate=..., a server with a steady load")
      ->allow_extra_args(false);
  app.add_option("--effect", options.effects,
                 "dns|web|mail|server|demand|blackout:answers=...,start=...")
      ->allow_extra_args(false);
  app.add_option("--preset", options.preset, "a scenario of --list; other options add to it");
  app.add_option("--inside", options.inside, "protected prefix; repeatable")
      ->allow_extra_args(false);
  app.add_option("--ipv6-share", options.ipv6_share, "share of ordinary conversations over IPv6")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--limit", options.limit, "the truth says when each flood first exceeds this rate")
      ->capture_default_str();
  app.add_option("--snaplen", options.snaplen, "bytes of a packet that are stored")
      ->check(CLI::Range(64, 262'144))
      ->capture_default_str();
  app.add_option("--view", options.view, "directions that are captured")
      ->check(CLI::IsMember({"both", "inbound", "outbound"}))
      ->capture_default_str();
  app.add_option("--asymmetric", options.asymmetric,
                 "share of host pairs whose packets in one direction take another link")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  app.add_option("--sample", options.sample, "captures one packet in N, by chance")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  app.add_option("--skip", options.skip, "leaves out this much of the beginning");
  app.add_flag("--rhythm", options.rhythm, "sessions follow the hours of the day and the week");
  app.add_flag("--list", options.list, "lists vectors, mixes and presets");
  app.footer(
      "Example: floodgauge-trafficgen --out syn.pcap --benign mix=20kpps\\\n"
      "    --flood tcp_syn:target=198.51.100.7,rate=100kpps,start=3s,duration=4s,ramp=1s");
}

Request request_of(const Options& options) {
  Request request;
  request.duration = options.duration.empty() ? Nanoseconds{} : parse_duration(options.duration);
  if (!options.preset.empty()) apply_preset(options.preset, request);
  if (request.duration.count == 0) request.duration = whole_seconds(10);
  request.out = options.out;
  request.format = options.format.empty()        ? format_of_name(options.out)
                   : options.format == "pcapng"  ? CaptureFormat::pcapng
                   : options.format == "pcap-us" ? CaptureFormat::pcap_microseconds
                                                 : CaptureFormat::pcap_nanoseconds;
  request.seed = options.seed;
  request.start = parse_time(options.start);
  request.snaplen = options.snaplen;
  request.limit_pps = parse_rate(options.limit);
  request.ipv6_share = options.ipv6_share;
  request.sample = options.sample;
  request.asymmetric = options.asymmetric;
  request.view = options.view == "inbound"    ? View::inbound
                 : options.view == "outbound" ? View::outbound
                                              : View::both;
  request.skip = parse_duration(options.skip);
  request.rhythm = options.rhythm;
  std::vector<std::string> inside = options.inside;
  if (inside.empty()) inside = {"198.51.100.0/24", "203.0.113.0/24", "2001:db8:1::/48"};
  for (const std::string& text : inside) {
    const auto prefix = parse_prefix(text);
    if (prefix.length > (prefix.v6 ? 112 : 24)) {
      throw SpecError(text + ": too small a network; /24 or shorter, /112 for IPv6");
    }
    request.inside.push_back(prefix);
  }
  for (const std::string& text : options.benign) request.benign.push_back(parse_benign(text));
  for (const std::string& text : options.floods) request.floods.push_back(parse_flood(text));
  for (const std::string& text : options.servers) request.servers.push_back(parse_server(text));
  for (const std::string& text : options.effects) request.effects.push_back(parse_effect(text));
  return request;
}

int run(const Options& options) {
  if (options.list) {
    std::fputs(listing().c_str(), stdout);
    return 0;
  }
  if (options.out.empty()) throw SpecError("--out: name the capture to write");
  const Request request = request_of(options);
  if (request.benign.empty() && request.floods.empty() && request.servers.empty()) {
    throw SpecError("nothing to generate: give --benign, --flood or --preset (see --list)");
  }
  const Truth truth = generate(request);
  const std::string path = options.truth.empty() ? options.out + ".truth.json" : options.truth;
  save_truth(truth, path);
  std::fprintf(stderr, "%s: %llu packets, %llu bytes; %zu floods; truth in %s\n",
               options.out.c_str(), static_cast<unsigned long long>(truth.total.volume().packets),
               static_cast<unsigned long long>(truth.total.volume().bytes), truth.floods.size(),
               path.c_str());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("Writes captures of ordinary traffic and floods, and the ground truth beside them.",
               "floodgauge-trafficgen");
  Options options;
  declare(app, options);
  try {
    app.parse(argc, argv);
    return run(options);
  } catch (const CLI::Success& success) {
    return app.exit(success);
  } catch (const CLI::ParseError& error) {
    app.exit(error);
    return 2;
  } catch (const SpecError& error) {
    std::fprintf(stderr, "floodgauge-trafficgen: %s\n", error.what());
    return 2;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "floodgauge-trafficgen: %s\n", error.what());
    return 3;
  }
}
