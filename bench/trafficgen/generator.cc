#include "bench/trafficgen/generator.h"

#include <algorithm>

#include "bench/trafficgen/benign.h"
#include "bench/trafficgen/flood.h"
#include "bench/trafficgen/servers.h"
#include "bench/trafficgen/world.h"

namespace floodgauge::trafficgen {
namespace {

/// The seed of a mix. It depends on the name of the mix and on how many mixes of that name come
/// before it, so that an additional mix does not change the others.
std::uint64_t benign_seed(const Truth& truth, std::size_t index) {
  const std::string& name = truth.benign[index].spec.mix;
  std::uint64_t hash = truth.request.seed;
  for (const char c : name) hash = mix64(hash ^ static_cast<unsigned char>(c));
  const auto same =
      std::count_if(truth.benign.begin(), truth.benign.begin() + static_cast<std::ptrdiff_t>(index),
                    [&](const BenignTruth& each) { return each.spec.mix == name; });
  return derive_seed(hash, static_cast<std::uint64_t>(same));
}

constexpr std::uint64_t kFloodSeeds = 0xf100d;
constexpr std::uint64_t kServerSeeds = 0x5e48e4;

}  // namespace

Truth generate(const Request& request) {
  Truth truth{request, {}, {}, {}};
  for (const BenignSpec& spec : request.benign) {
    for (const BenignSpec& part : mix_parts(spec)) truth.benign.push_back({part, {}});
  }
  const std::size_t mixes = truth.benign.size();
  for (const ServerSpec& spec : request.servers) {
    truth.benign.push_back({{spec.service + " " + spec.host.text(), 0, {}, {}}, {}});
  }
  for (const FloodSpec& spec : request.floods) truth.floods.push_back({spec, {}, {}, 0, 0});

  CaptureWriter writer(request.out, request.format, request.snaplen);
  std::vector<std::unique_ptr<Flood>> floods;
  {
    World world(truth.request, &writer, truth.total, request.start - kPreroll);
    for (std::size_t i = 0; i < mixes; ++i) {
      start_benign(world, truth.benign[i], benign_seed(truth, i));
    }
    for (std::size_t i = 0; i < request.servers.size(); ++i) {
      start_server(world, truth.benign[mixes + i], truth.request.servers[i],
                   derive_seed(request.seed ^ kServerSeeds, i));
    }
    for (std::size_t i = 0; i < truth.floods.size(); ++i) {
      floods.push_back(
          start_flood(world, truth.floods[i], derive_seed(request.seed ^ kFloodSeeds, i)));
    }
    world.simulation.run(request.start + request.duration);
    for (const auto& flood : floods) flood->finish();
  }
  writer.close();
  return truth;
}

}  // namespace floodgauge::trafficgen
