#include "compiler/model/description.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <filesystem>

#include "compiler/diagnostics/codes/driver.h"
#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/file_bytes.h"
#include "compiler/syntax/parse.h"
#include "stdlib/stdlib.h"

namespace lcr {
namespace {

std::string joined(const std::vector<syntax::Name>& names) {
  std::string text;
  for (const auto& name : names) text += (text.empty() ? "" : ".") + name.text;
  return text;
}

}  // namespace

const Description* Descriptions::of_module(std::string_view module) {
  const std::string key(module);
  if (auto found = loaded_.find(key); found != loaded_.end()) return found->second.get();
  auto text = stdlib::find(module);
  if (!text) return nullptr;
  return load(key, key, std::string(*text), {});
}

const Description* Descriptions::of_file(const std::string& path) {
  if (auto found = loaded_.find(path); found != loaded_.end()) return found->second.get();
  std::string error;
  auto text = read_whole(path, error);
  if (!text) {
    diagnostics_.report(codes::L0001, fmt::format("`{}` cannot be read: {}", path, error));
    return nullptr;
  }
  std::string folder = std::filesystem::path(path).parent_path().string();
  return load(path, path, std::move(*text), folder.empty() ? "." : folder);
}

const Description* Descriptions::of_text(const std::string& name, const std::string& text) {
  return load(name, name, text, {});
}

const Description* Descriptions::of_part(const Description& owner, std::string_view name) {
  if (!owner.folder.empty()) {
    const std::string path = fmt::format("{}/{}.lcr", owner.folder, name);
    std::error_code error;
    if (std::filesystem::is_regular_file(path, error)) return of_file(path);
  }
  return of_module(fmt::format("std.architectures.{}", name));
}

uint64_t Descriptions::hash() const {
  std::vector<uint64_t> hashes;
  for (const auto& [key, description] : loaded_)
    if (description) hashes.push_back(description->hash);
  return XXH3_64bits(hashes.data(), hashes.size() * sizeof(uint64_t));
}

const Description* Descriptions::load(const std::string& key, std::string name, std::string text, std::string folder) {
  loaded_[key] = nullptr;
  auto description = std::make_unique<Description>();
  description->hash = XXH3_64bits(text.data(), text.size());
  description->folder = std::move(folder);
  const uint32_t id = sources_.add(std::move(name), std::move(text));
  description->file = syntax::parse(sources_, id, diagnostics_);
  description->name = description->file.header.name;
  const auto kind = description->file.header.kind;
  description->library = kind == syntax::FileKind::Library;
  if (kind != syntax::FileKind::Library && kind != syntax::FileKind::Architecture) {
    diagnostics_.report(codes::L7022, description->file.header.span, "this text describes no architecture",
                        "the header says so");
    return nullptr;
  }
  sort(*description);
  return (loaded_[key] = std::move(description)).get();
}

void Descriptions::import(Description& description, const syntax::Use& use) {
  const std::string module = use.file ? use.file->text : joined(use.module);
  const Description* from = use.file ? of_file(fmt::format("{}/{}", description.folder, module)) : of_module(module);
  const Span span = use.file ? use.file->span : use.module.front().span.cover(use.module.back().span);
  if (!from) {
    diagnostics_.report(codes::L7011, span, fmt::format("there is no library `{}` that could be used here", module));
    return;
  }
  for (const auto& imported : use.imported) {
    auto found = from->blocks.find(imported.name.text);
    if (found == from->blocks.end()) {
      std::vector<std::string> known;
      for (const auto& [name, block] : from->blocks) known.push_back(name);
      auto& diagnostic = diagnostics_.report(codes::L7011, imported.name.span,
                                             fmt::format("`{}` has no block `{}`", module, imported.name.text));
      if (auto near = nearest(imported.name.text, known); !near.empty())
        diagnostic.help(fmt::format("did you mean `{}`", near));
      continue;
    }
    description.blocks[(imported.alias ? *imported.alias : imported.name).text] = found->second;
  }
}

void Descriptions::sort(Description& description) {
  for (const syntax::Statement& statement : description.file.statements) {
    if (auto* use = std::get_if<syntax::Use>(&statement.node)) {
      import(description, *use);
    } else if (auto* block = std::get_if<syntax::Block>(&statement.node)) {
      if (!description.blocks.emplace(block->name.text, Description::Block{block, &description}).second) {
        diagnostics_.report(codes::L7022, block->name.span,
                            fmt::format("the block `{}` is declared or imported above", block->name.text));
      }
    } else if (auto* part = std::get_if<syntax::Part>(&statement.node)) {
      description.parts.push_back(part);
    } else if (auto* config = std::get_if<syntax::Config>(&statement.node)) {
      for (const auto& setting : config->settings) description.settings.push_back(&setting);
    } else if (auto* model = std::get_if<syntax::Model>(&statement.node)) {
      if (description.model) diagnostics_.report(codes::L7022, statement.span, "there is a second `model`");
      description.model = model;
    } else if (auto* tie = std::get_if<syntax::Tie>(&statement.node)) {
      description.ties.push_back(tie);
    } else if (auto* copy = std::get_if<syntax::Copy>(&statement.node)) {
      description.copies.push_back(copy);
    } else if (auto* names = std::get_if<syntax::Names>(&statement.node)) {
      description.names.push_back(names);
    } else if (auto* fused = std::get_if<syntax::Fused>(&statement.node)) {
      description.fused.push_back(fused);
    } else if (auto* layout = std::get_if<syntax::Layout>(&statement.node)) {
      description.layouts.push_back(layout);
    } else {
      diagnostics_.report(codes::L7022, statement.span, "this statement has no place in an architecture text");
    }
  }
}

}  // namespace lcr
