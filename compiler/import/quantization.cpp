#include <algorithm>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/import.h"
#include "compiler/import/program.h"

namespace lcr::foreign {
namespace {

// Claims of the targets for the newest scheme; an earlier claim of the same text is dropped, as a mapping drops it.
void claim(QuantizePass& pass, Scheme scheme, std::vector<Target> targets, Program& program, Diagnostics& diagnostics) {
  const bool attention = !scheme.quantizes() && scheme.input;
  if (attention) {
    program.caches.push_back({*scheme.input, true});
    for (const Target& target : targets)
      if (target.kind != Target::Kind::Attention)
        diagnostics.report(codes::L7055, target.span,
                           "caches are quantized alike in all layers: the targets of this group are not asked");
    return;
  }
  pass.schemes.push_back(std::move(scheme));
  for (Target& target : targets) {
    if (target.kind == Target::Kind::Attention || target.kind == Target::Kind::Router ||
        target.kind == Target::Kind::Other) {
      diagnostics
          .report(codes::L7053, target.span,
                  fmt::format("the class `{}` has no equivalent as a target of weights", target.text))
          .help("name the modules: `re:` and an expression over their paths");
      continue;
    }
    std::erase_if(pass.claims,
                  [&](const Claim& one) { return one.target.kind == target.kind && one.target.text == target.text; });
    pass.claims.push_back({std::move(target), pass.schemes.size() - 1});
  }
}

Target linear(Span span) {
  Target target;
  target.kind = Target::Kind::Linear;
  target.text = "Linear";
  target.span = span;
  return target;
}

void read_scheme_key(const Node& node, std::vector<Target> targets, QuantizePass& pass, Program& program,
                     Diagnostics& diagnostics) {
  if (node.kind == Node::Kind::Map) {
    for (const auto& [name, value] : node.members) {
      auto scheme = read_preset(name, diagnostics);
      std::vector<const Node*> nodes;
      if (value.kind == Node::Kind::Scalar) nodes.push_back(&value);
      for (const Node& item : value.items) nodes.push_back(&item);
      if (scheme) claim(pass, std::move(*scheme), read_targets(nodes, diagnostics), program, diagnostics);
    }
    return;
  }
  auto scheme = read_preset(node, diagnostics);
  if (targets.empty()) targets.push_back(linear(node.span));
  if (scheme) claim(pass, std::move(*scheme), std::move(targets), program, diagnostics);
}

// Observers of a modifier replace those of its schemes.
void override_observers(Keys& keys, QuantizePass& pass) {
  const Node* all = keys.take("observer");
  const auto replace = [&](const char* key, const char* side, FormatPlace place,
                           std::optional<Arguments> Scheme::*part) {
    const Node* name = keys.take(key);
    if (name == nullptr && all != nullptr && all->kind == Node::Kind::Map) name = all->find(side);
    if (name == nullptr && all != nullptr && all->kind == Node::Kind::Scalar) name = all;
    if (name == nullptr) return;
    for (Scheme& scheme : pass.schemes)
      if (scheme.*part)
        (scheme.*part)->observer =
            read_observer(name, nullptr, (scheme.*part)->format, place, name->span, keys.diagnostics()).value_or("");
  };
  replace("weight_observer", "weights", FormatPlace::Weights, &Scheme::weights);
  replace("input_observer", "input", FormatPlace::Input, &Scheme::input);
  replace("output_observer", "output", FormatPlace::Output, &Scheme::output);
}

}  // namespace

void read_common(Keys& keys) {
  for (const char* key : {"index", "group"}) keys.leave_out(key, "it numbers modifiers, and the phases are fixed here");
  for (const char* key : {"start", "end", "update"}) keys.refuse(key, "it has no effect there either; remove it");
}

void read_groups(const Node& groups, const std::optional<std::string>& format, QuantizePass& pass, Program& program,
                 Diagnostics& diagnostics) {
  if (groups.kind != Node::Kind::Map) {
    diagnostics.report(codes::L7051, groups.span,
                       fmt::format("`config_groups` is {} where a map stands", describe(groups)));
    return;
  }
  for (const auto& [name, value] : groups.members) {
    // `W4A16: [Linear]`: a preset's name and its targets.
    if (value.kind == Node::Kind::List) {
      std::vector<const Node*> nodes;
      for (const Node& item : value.items) nodes.push_back(&item);
      auto scheme = read_preset(name, diagnostics);
      if (scheme) claim(pass, std::move(*scheme), read_targets(nodes, diagnostics), program, diagnostics);
      continue;
    }
    Keys keys(value, fmt::format("the group `{}`", name.text), diagnostics);
    const std::vector<const Node*> targets = keys.texts("targets");
    if (targets.empty())
      diagnostics.report(codes::L7051, name.span, fmt::format("the group `{}` has no targets", name.text));
    auto scheme = read_scheme(keys, format);
    keys.close();
    if (scheme) claim(pass, std::move(*scheme), read_targets(targets, diagnostics), program, diagnostics);
  }
}

void read_cache_scheme(const Node& node, Program& program, Diagnostics& diagnostics) {
  if (auto arguments = read_arguments(node, FormatPlace::Cache, diagnostics))
    program.caches.push_back({std::move(*arguments), false});
}

void read_quantization(Keys& keys, QuantizePass& pass, Program& program) {
  Diagnostics& diagnostics = keys.diagnostics();
  const Node* groups = keys.take("config_groups");
  const Node* scheme = keys.take("scheme");
  std::vector<Target> targets = read_targets(keys.texts("targets"), diagnostics);
  pass.ignore = read_targets(keys.texts("ignore"), diagnostics);
  if (groups != nullptr && scheme != nullptr)
    diagnostics.report(codes::L7051, scheme->span, "`scheme` and `config_groups` exclude each other")
        .label(groups->span, "the groups");
  if (groups != nullptr) read_groups(*groups, {}, pass, program, diagnostics);
  if (groups == nullptr && scheme != nullptr) read_scheme_key(*scheme, std::move(targets), pass, program, diagnostics);
  const Node* cache = keys.take("kv_cache_scheme");
  if (cache != nullptr) read_cache_scheme(*cache, program, diagnostics);
  override_observers(keys, pass);
  keys.refuse("bypass_divisibility_checks", "groups always divide the width here", {"false", "False"});
  if (groups == nullptr && scheme == nullptr && cache == nullptr)
    diagnostics
        .report(codes::L7053, pass.span,
                fmt::format("{} has neither `scheme` nor `config_groups`: it quantizes nothing", pass.modifier))
        .help("say what becomes of the targets, for example `scheme: W4A16`");
}

}  // namespace lcr::foreign
