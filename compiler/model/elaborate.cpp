#include "compiler/model/elaborate.h"

#include <fmt/format.h>

#include "compiler/diagnostics/codes/model.h"
#include "compiler/model/claim.h"
#include "compiler/model/config_keys.h"
#include "compiler/model/fused.h"
#include "compiler/model/instantiate.h"
#include "compiler/model/name_list.h"
#include "compiler/model/roles.h"
#include "stdlib/stdlib.h"

namespace lcr {
namespace {

using namespace elaboration;

std::string class_of(const Json& config) {
  const Json* classes = config.find("architectures");
  if (!classes || classes->kind != Json::Kind::List || classes->items.empty()) return {};
  return classes->items[0].text;
}

// The text of a class goes before the text of a model_type.
const Description* look_up(Descriptions& descriptions, const std::string& class_name, std::string_view type,
                           Diagnostics& diagnostics) {
  if (auto module = stdlib::architecture_of_class(class_name)) return descriptions.of_module(*module);
  for (std::string_view module : stdlib::architectures_of_type(type))
    if (class_name.empty()) return descriptions.of_module(module);
  std::vector<std::string> known;
  for (const auto& architecture : stdlib::architectures())
    for (std::string_view name : class_name.empty() ? architecture.types : architecture.classes)
      known.emplace_back(name);
  auto near = nearest_few(class_name.empty() ? type : std::string_view(class_name), known, 3);
  diagnostics
      .report(codes::L7010,
              class_name.empty()
                  ? fmt::format("config.json names no class, and no architecture has the model_type `{}`", type)
                  : fmt::format("no architecture describes the class `{}`", class_name))
      .help(fmt::format("the nearest described ones are `{}`", fmt::join(near, "`, `")))
      .help("describe it in a file of your own and give it with `--architecture FILE`")
      .with("class", class_name);
  return nullptr;
}

const Description* describe(Descriptions& descriptions, const Checkpoint& checkpoint, const ElaborateOptions& options,
                            const Json& config, Diagnostics& diagnostics) {
  if (!options.architecture_file.empty()) return descriptions.of_file(options.architecture_file);
  if (!checkpoint.architecture_text.empty())
    return descriptions.of_text(checkpoint.architecture, checkpoint.architecture_text);
  return look_up(descriptions, class_of(config), config.text_of("model_type"), diagnostics);
}

Dtype model_dtype(const Json& config, const Checkpoint& checkpoint) {
  if (auto dtype = dtype_of(config)) return *dtype;
  for (const StoredTensor& tensor : checkpoint.tensors)
    if (is_float(tensor.dtype) && size_of(tensor.dtype) > 1 && tensor.shape.size() > 1) return tensor.dtype;
  return Dtype::BF16;
}

void warn_of_unread_keys(const ModelGraph& graph, Diagnostics& diagnostics) {
  if (graph.unread_keys.empty()) return;
  NameList keys;
  for (const std::string& key : graph.unread_keys) keys.add(key);
  diagnostics
      .report(codes::L7018, fmt::format("the description of `{}` does not read {} of config.json: {}",
                                        graph.architecture, counted(keys.count(), "key"), keys.text()))
      .with("keys", graph.unread_keys);
}

}  // namespace

std::optional<ModelGraph> elaborate(Sources& sources, const Checkpoint& checkpoint, const ElaborateOptions& options,
                                    Diagnostics& diagnostics) {
  auto config = parse_json(checkpoint.config_text);
  if (!config || config->kind != Json::Kind::Object) {
    diagnostics.report(codes::L7002, "`config.json` is not a JSON object");
    return std::nullopt;
  }
  const size_t before = diagnostics.size();
  auto failed = [&] {
    for (size_t i = before; i < diagnostics.size(); ++i)
      if (diagnostics.items()[i].severity == Severity::Error) return true;
    return false;
  };
  Descriptions descriptions(sources, diagnostics);
  const Description* description = describe(descriptions, checkpoint, options, *config, diagnostics);
  if (!description || failed()) return std::nullopt;
  Elaborator elaborator(descriptions, checkpoint, diagnostics);
  if (!elaborator.run(*description, *config) || failed()) return std::nullopt;

  ModelGraph graph;
  graph.architecture = description->name;
  graph.class_name = class_of(*config);
  graph.model_type = config->text_of("model_type");
  graph.architecture_hash = descriptions.hash();
  graph.dtype = model_dtype(*config, checkpoint);
  for (auto& maker : elaborator.templates()) graph.templates.push_back(std::move(maker->result));
  graph.streams = elaborator.streams();
  derive_roles(graph.templates);

  auto arena = std::make_shared<TextArena>();
  Spelling spelling(elaborator, elaborator.scope());
  spelling.choose(checkpoint, sample_names(graph));
  instantiate(graph, spelling, *arena);
  collect_points(graph, spelling, *arena);
  collect_fused(graph, elaborator.scope(), *arena);
  claim(graph, elaborator, checkpoint, *config, spelling, *arena, diagnostics);
  graph.unread_keys = unread_keys(elaborator.scope(), elaborator.read_keys());
  warn_of_unread_keys(graph, diagnostics);
  graph.storage = std::move(arena);
  if (failed()) return std::nullopt;
  return graph;
}

}  // namespace lcr
