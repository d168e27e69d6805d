#include "planner/plan/stale.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>

#include <fmt/format.h>
#include <xxhash.h>

#include "compiler/diagnostics/codes/planning.h"
#include "stdlib/stdlib.h"

namespace lcr {
namespace {

namespace fs = std::filesystem;

// How the binder names the texts of `--set`.
constexpr std::string_view set_mark = "--set ";

uint64_t hash_of(std::string_view text) { return XXH3_64bits(text.data(), text.size()); }

fs::path absolute(const std::string& path) {
  std::error_code error;
  const fs::path whole = fs::absolute(path.empty() ? fs::path(".") : fs::path(path), error).lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

// "std/roles.lcr" and "std.roles" are the module std.roles.
std::optional<std::string> module_of(std::string_view name) {
  if (!name.starts_with("std/") && !name.starts_with("std.")) return std::nullopt;
  std::string module(name.ends_with(".lcr") ? name.substr(0, name.size() - 4) : name);
  std::replace(module.begin(), module.end(), '/', '.');
  return module;
}

std::optional<uint64_t> hash_of_file(const std::string& path) {
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return std::nullopt;
  std::ifstream file(path, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
  if (!file) return std::nullopt;
  return hash_of(text);
}

// Of calibration data: every byte of small files; of large ones the length and both ends, so that planning stays fast.
std::optional<uint64_t> hash_of_data(const std::string& path) {
  constexpr uint64_t whole = uint64_t{64} << 20, end = uint64_t{8} << 20;
  std::error_code error;
  if (!fs::is_regular_file(path, error)) return std::nullopt;
  const uint64_t size = fs::file_size(path, error);
  std::ifstream file(path, std::ios::binary);
  std::string text(error ? 0 : size <= whole ? size : 2 * end, '\0');
  if (size <= whole) {
    file.read(text.data(), std::streamsize(size));
  } else {
    file.read(text.data(), std::streamsize(end));
    file.seekg(-std::streamoff(end), std::ios::end).read(text.data() + end, std::streamsize(end));
  }
  if (error || !file) return std::nullopt;
  return XXH3_64bits_withSeed(text.data(), text.size(), size);
}

// `name=value` of a value that was given on the command line: the binder reads it from a text of its own.
std::string setting_of(const SourceFile& file) {
  const std::string_view text = file.text();
  const size_t equals = text.find(" = ");
  return fmt::format("{}={}", std::string_view(file.name()).substr(set_mark.size()),
                     equals == std::string_view::npos ? std::string_view() : text.substr(equals + 3));
}

// Nothing when it cannot be read any more.
std::optional<uint64_t> present_hash(const Origin& origin, const std::string& folder) {
  if (origin.kind == "data") return hash_of_data(path_from_plan(origin.name, folder));
  if (origin.kind != "stdlib") return hash_of_file(path_from_plan(origin.name, folder));
  const auto text = stdlib::find(origin.name);
  if (!text) return std::nullopt;
  return hash_of(*text);
}

}  // namespace

std::string path_in_plan(const std::string& path, const std::string& plan_folder) {
  if (path.empty()) return path;
  const fs::path whole = absolute(path), folder = absolute(plan_folder);
  const fs::path relative = whole.lexically_relative(folder);
  const fs::path first = relative.empty() ? fs::path() : *relative.begin();
  // Two folders up and more is no neighbourhood: such paths would break when only one side moves.
  const bool far = relative.empty() || (first == ".." && std::next(relative.begin()) != relative.end() &&
                                        *std::next(relative.begin()) == "..");
  return far ? whole.generic_string() : relative.generic_string();
}

std::string path_from_plan(const std::string& path, const std::string& plan_folder) {
  if (path.empty() || fs::path(path).is_absolute() || plan_folder.empty()) return path;
  return (fs::path(plan_folder) / path).lexically_normal().generic_string();
}

std::vector<Origin> origins_of(const Sources& sources, const Checkpoint& checkpoint, const OriginFiles& files) {
  std::vector<Origin> origins;
  for (uint32_t id = 1; id < sources.size(); ++id) {
    const SourceFile& file = sources.file(id);
    Origin origin{"import", file.name(), hash_of(file.text())};
    if (const auto module = module_of(file.name()); module && stdlib::find(*module)) {
      origin.kind = "stdlib", origin.name = *module;
    } else if (file.name().starts_with(set_mark)) {
      origin.kind = "set", origin.name = setting_of(file);
    } else if (!file.name().ends_with(".lcr")) {
      continue;
    } else {
      if (id == files.recipe)
        origin.kind = "recipe";
      else if (file.name() == files.machine)
        origin.kind = "machine";
      else if (file.name() == files.architecture)
        origin.kind = "architecture";
      origin.name = path_in_plan(file.name(), files.plan_folder);
    }
    origins.push_back(std::move(origin));
  }
  std::stable_sort(origins.begin(), origins.end(), [](const Origin& a, const Origin& b) {
    const auto rank = [](const Origin& origin) {
      return origin.kind == "recipe" ? 0 : origin.kind == "stdlib" ? 2 : 1;
    };
    return std::pair(rank(a), a.name) < std::pair(rank(b), b.name);
  });
  origins.push_back({"model", path_in_plan(checkpoint.path, files.plan_folder), checkpoint.header_hash});
  for (const std::string& path : files.data)
    if (const auto hash = hash_of_data(path)) origins.push_back({"data", path_in_plan(path, files.plan_folder), *hash});
  if (!files.profile.empty())
    origins.push_back({"profile", path_in_plan(files.profile, files.plan_folder), files.profile_hash});
  return origins;
}

std::vector<std::string> changes_since(const Plan& plan, const std::string& plan_path, const std::string& model) {
  const std::string folder = fs::path(plan_path).parent_path().string();
  std::vector<std::string> changes;
  for (const Origin& origin : plan.origins) {
    // Nothing outside the plan says them.
    if (origin.kind == "set") continue;
    std::optional<uint64_t> now;
    if (origin.kind == "model") {
      const std::string path = model.empty() ? path_from_plan(origin.name, folder) : model;
      if (path.empty()) continue;
      Diagnostics unread;
      if (const auto checkpoint = read_checkpoint(path, unread)) now = checkpoint->header_hash;
    } else {
      now = present_hash(origin, folder);
    }
    if (now == origin.hash) continue;
    changes.push_back(
        fmt::format("{} `{}` {}", origin.kind, origin.name, now ? "has changed" : "cannot be read any more"));
  }
  return changes;
}

bool report_stale(const Plan& plan, const std::string& plan_path, const std::string& model, Diagnostics& diagnostics) {
  const auto changes = changes_since(plan, plan_path, model);
  if (changes.empty()) return false;
  Diagnostic& diagnostic = diagnostics.report(codes::L5010, fmt::format("the plan `{}` is stale", plan_path));
  for (const std::string& change : changes) diagnostic.note(change);
  diagnostic.help("make the plan again with `lcr plan`").with("changes", changes);
  return true;
}

void warn_stale(const Plan& plan, const std::string& plan_path, Diagnostics& diagnostics) {
  Diagnostics found;
  if (!report_stale(plan, plan_path, "", found)) return;
  Diagnostic warning = found.items().front();
  Diagnostic& diagnostic = diagnostics.report(codes::L5013, warning.message);
  diagnostic.notes = std::move(warning.notes);
  diagnostic.helps = std::move(warning.helps);
  diagnostic.data = std::move(warning.data);
}

}  // namespace lcr
