#include "compiler/model/source_transforms.h"

#include <algorithm>

#include <fmt/format.h>

#include "compiler/model/codecs.h"

namespace lcr {
namespace {

bool truth_of(const Json& object, std::string_view name) {
  const Json* value = object.find(name);
  return value != nullptr && value->kind == Json::Kind::Bool && value->truth;
}

// A list of texts, or one text.
std::vector<std::string> texts_of(const Json& object, std::string_view name) {
  const Json* value = object.find(name);
  if (value == nullptr) return {};
  if (value->kind == Json::Kind::Text) return {value->text};
  std::vector<std::string> texts;
  for (const Json& item : value->items)
    if (item.kind == Json::Kind::Text) texts.push_back(item.text);
  return texts;
}

}  // namespace

std::vector<SourceTransform> source_transforms(const Json& config) {
  std::vector<SourceTransform> result;
  const Json* quantization = quantization_of(config);
  const Json* transforms = quantization == nullptr ? nullptr : quantization->find("transform_config");
  const Json* groups = transforms == nullptr ? nullptr : transforms->find("config_groups");
  if (groups == nullptr) return result;
  for (const auto& [name, group] : groups->members) {
    SourceTransform transform;
    transform.name = name;
    transform.type = group.text_of("type");
    const Json* block = group.find("head_dim");
    if (block != nullptr && block->kind == Json::Kind::Integer) transform.block = std::max<int64_t>(0, block->integer);
    transform.permuted = truth_of(group, "randomize");
    if (const Json* uses = group.find("apply"))
      for (const Json& use : uses->items)
        transform.uses.push_back({std::string(use.text_of("location")), truth_of(use, "inverse"),
                                  texts_of(use, "targets"), texts_of(use, "ignore")});
    result.push_back(std::move(transform));
  }
  return result;
}

bool rotates_at_run_time(const std::vector<SourceTransform>& transforms) {
  return std::any_of(transforms.begin(), transforms.end(), [](const SourceTransform& transform) {
    return std::any_of(transform.uses.begin(), transform.uses.end(),
                       [](const SourceTransform::Use& use) { return use.at_run_time(); });
  });
}

bool is_transform_matrix(std::string_view tensor, const SourceTransform& transform) {
  return std::any_of(transform.uses.begin(), transform.uses.end(), [&](const SourceTransform::Use& use) {
    return use.at_run_time() && (tensor.ends_with(fmt::format(".{}_{}.weight", transform.name, use.location)) ||
                                 tensor.ends_with(fmt::format(".{}_{}.perm", transform.name, use.location)));
  });
}

}  // namespace lcr
