#include "cli/version.h"

#include <fmt/core.h>
#include <nlohmann/json.hpp>

#include "cli/backend_library.h"

namespace lcr::cli {

std::string version() { return LCR_VERSION; }

std::string version_text() {
  std::string text = fmt::format("lcr {}\nlanguage 1\n", version());
  std::string path = BackendLibrary::find();
  if (path.empty()) return text + "backend: none (check, fmt, plan work; run and eval do not)";
  Session session;
  std::optional<BackendLibrary> backend = BackendLibrary::open(session);
  if (!backend) return text + fmt::format("backend: {} (cannot be loaded)", path);
  nlohmann::json about = nlohmann::json::parse(backend->describe(), nullptr, false);
  text += fmt::format("backend: {}\n  torch {}, cpu {}\n", path, about.value("torch", "?"), about.value("cpu", "?"));
  std::string cuda = about.value("cuda", "");
  if (cuda.empty()) return text + "  cuda: not built";
  text += fmt::format("  cuda {}", cuda);
  for (const auto& device : about.value("devices", nlohmann::json::array())) {
    text += fmt::format("\n    {}", device.get<std::string>());
  }
  if (about.value("devices", nlohmann::json::array()).empty()) text += ", no device";
  return text;
}

}  // namespace lcr::cli
