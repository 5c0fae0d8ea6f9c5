// All keys of the configuration file, section by section.
#pragma once

#include <vector>

#include "config/fields.h"

namespace floodgauge {

/// Reads a document into `settings`, which must hold the defaults. The reader collects the errors.
void read_settings(Reader& reader, const YamlNode& document, Settings& settings);
void write_settings(YamlWriter& writer, const Settings& settings);

/// Every key with its allowed values and its default, in the order of the file.
std::vector<KeyDescription> describe_settings();

}  // namespace floodgauge
