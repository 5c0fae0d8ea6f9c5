#include "bench/trafficgen/generator.h"

#include "bench/trafficgen/benign.h"
#include "bench/trafficgen/flood.h"
#include "bench/trafficgen/world.h"

namespace floodgauge::trafficgen {
namespace {

constexpr std::uint64_t kFloodSeeds = 0xf100d;
constexpr std::uint64_t kBenignSeeds = 0xbe9169;

}  // namespace

Truth generate(const Request& request) {
  Truth truth{request, {}, {}, {}};
  for (const BenignSpec& spec : request.benign) {
    for (const BenignSpec& part : mix_parts(spec)) truth.benign.push_back({part, {}});
  }
  for (const FloodSpec& spec : request.floods) truth.floods.push_back({spec, {}, {}, 0, 0});

  CaptureWriter writer(request.out, request.format, request.snaplen);
  std::vector<std::unique_ptr<Flood>> floods;
  {
    World world(truth.request, &writer, truth.total, request.start - kPreroll);
    for (std::size_t i = 0; i < truth.benign.size(); ++i) {
      start_benign(world, truth.benign[i], derive_seed(request.seed ^ kBenignSeeds, i));
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
