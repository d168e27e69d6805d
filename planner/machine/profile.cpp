#include "planner/machine/profile.h"

#include <xxhash.h>

#include "compiler/diagnostics/codes/planning.h"
#include "planner/machine/yaml_read.h"

namespace lcr {

std::optional<Profile> read_profile(Sources& sources, uint32_t file, Diagnostics& diagnostics) {
  YamlReader reader(sources, file, codes::L5011, diagnostics);
  const auto document = reader.load();
  if (!document) return std::nullopt;

  Profile profile;
  YamlMap map(reader, *document, "profile");
  if (const auto name = map.optional("name")) profile.name = reader.text(*name, "name");
  const auto rate = [&](std::string_view key, double& value, double low, double high) {
    if (const auto node = map.optional(key)) value = reader.number(*node, key, low, high);
  };
  for (auto [key, value] : {std::pair<std::string_view, double*>{"read", &profile.read},
                            {"write", &profile.write},
                            {"copy", &profile.copy},
                            {"quantize", &profile.quantize},
                            {"search", &profile.search},
                            {"decode", &profile.decode},
                            {"transfer", &profile.transfer},
                            {"device_quantize", &profile.device_quantize},
                            {"device_search", &profile.device_search},
                            {"device_decode", &profile.device_decode}})
    rate(key, *value, 1e3, 1e16);
  rate("operation", profile.operation, 0, 10);
  map.close();

  const std::string_view text = sources.file(file).text();
  profile.hash = XXH3_64bits(text.data(), text.size());
  if (reader.failed()) return std::nullopt;
  return profile;
}

}  // namespace lcr
