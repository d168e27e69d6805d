#include "compiler/server/models.h"

#include <filesystem>

#include <fmt/format.h>

#include "compiler/diagnostics/render.h"

namespace lcr::server {
namespace {

namespace fs = std::filesystem;

// Sizes and times of what decides a model's structure.
std::string stamp_of(const ModelPlace& place) {
  std::string stamp;
  const auto add = [&](const fs::path& file) {
    std::error_code error;
    const auto size = fs::file_size(file, error);
    if (error) return;
    const auto time = fs::last_write_time(file, error);
    stamp += fmt::format("{} {} {};", file.filename().string(), size, time.time_since_epoch().count());
  };
  if (place.tree) {
    add(place.path);
    return stamp;
  }
  std::error_code error;
  for (const char* name : {"config.json", "model.safetensors.index.json", "model.safetensors"}) add(fs::path(place.path) / name);
  const auto time = fs::last_write_time(place.path, error);
  return stamp + (error ? "absent" : std::to_string(time.time_since_epoch().count()));
}

std::shared_ptr<const Model> read(const ModelPlace& place, Diagnostics& found, Sources& sources) {
  auto checkpoint = place.tree ? read_snapshot(place.path, found) : read_checkpoint(place.path, found);
  if (!checkpoint) return nullptr;
  auto model = std::make_shared<Model>();
  auto graph = elaborate(sources, *checkpoint, {}, found);
  if (!graph) return nullptr;
  model->place = place;
  model->loaded = {std::move(*checkpoint), std::move(*graph)};
  model->names = std::make_unique<NameTrees>(model->graph());
  return model;
}

void add_lines(const std::string& text, std::vector<std::string>& lines) {
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
}

}  // namespace

std::shared_ptr<const Model> Models::load(const ModelPlace& place, std::vector<std::string>& problems) {
  if (place.empty()) return nullptr;
  const std::string key = (place.tree ? "tree " : "model ") + place.path;
  const auto known = known_.find(key);
  if (known != known_.end() && looked_at_[key]) return known->second;
  const std::string stamp = stamp_of(place);
  looked_at_[key] = true;
  if (known != known_.end() && stamps_[key] == stamp) return known->second;
  stamps_[key] = stamp;
  Sources sources;
  Diagnostics found;
  auto model = std::const_pointer_cast<Model>(read(place, found, sources));
  add_lines(render_concise(sources, found), problems);
  if (model) model->sources = std::move(sources);
  known_[key] = model;
  return model;
}

}  // namespace lcr::server
