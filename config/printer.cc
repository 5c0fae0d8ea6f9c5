#include "config/printer.h"

#include "config/schema.h"

namespace floodgauge {

std::string print_config(const Settings& settings) {
  YamlWriter writer;
  write_settings(writer, settings);
  return writer.take();
}

}  // namespace floodgauge
