#include <nlohmann/json.hpp>

#include "compiler/model/tree.h"

namespace lcr {
namespace {

using Object = nlohmann::ordered_json;

Object roles_of(Role roles) {
  Object list = Object::array();
  for (const std::string& name : role_names())
    if (has(roles, *role_named(name))) list.push_back(name);
  return list;
}

Object tensor_object(const TemplateModule::Tensor& declared, const TensorView& view, const Checkpoint& checkpoint) {
  Object object;
  object["name"] = declared.name;
  object["shape"] = declared.shape;
  if (!view.present()) return object;
  object["dtype"] = name_of(view.dtype);
  if (view.codec != TensorView::Codec::None) object["codec"] = name_of(view.codec);
  Object& stored = object["stored"] = Object::array();
  for (uint32_t source : view.sources) stored.push_back(checkpoint.tensors[source].name);
  return object;
}

Object module_object(const ModelGraph& graph, const Module& module, const Checkpoint& checkpoint) {
  const TemplateModule& declared = graph.declaration(module);
  Object object;
  object["path"] = module.path;
  object["kind"] = name_of(module.kind);
  object["roles"] = roles_of(module.roles);
  if (module.layer >= 0) object["layer"] = module.layer;
  if (module.expert >= 0) object["expert"] = module.expert;
  if (declared.unused) object["unused"] = true;
  if (module.tied_to >= 0) object["tied_to"] = graph.modules[static_cast<size_t>(module.tied_to)].path;
  Object& tensors = object["tensors"] = Object::array();
  for (uint32_t i = 0; i < module.tensor_count; ++i)
    tensors.push_back(tensor_object(declared.tensors[i], graph.views(module)[i], checkpoint));
  return object;
}

Object point_object(const AttentionPoint& point) {
  Object object;
  object["path"] = point.path;
  object["roles"] = roles_of(point.roles);
  if (point.layer >= 0) object["layer"] = point.layer;
  object["heads"] = point.heads;
  object["width"] = point.width;
  return object;
}

}  // namespace

std::string tree_json(const ModelGraph& graph, const Checkpoint& checkpoint) {
  Object root;
  root["architecture"] = graph.architecture;
  root["class"] = graph.class_name;
  root["model_type"] = graph.model_type;
  root["dtype"] = name_of(graph.dtype);
  root["layers"] = graph.layers;
  root["parameters"] = parameter_count(graph);
  Object& modules = root["modules"] = Object::array();
  for (const Module& module : graph.modules) modules.push_back(module_object(graph, module, checkpoint));
  Object& points = root["attention"] = Object::array();
  for (const AttentionPoint& point : graph.points) points.push_back(point_object(point));
  Object& fused = root["fused"] = Object::array();
  for (const FusedGroup& group : graph.fused) {
    Object members = Object::array();
    for (uint32_t member : group.members) members.push_back(graph.modules[member].path);
    fused.push_back({{"name", group.name}, {"members", members}});
  }
  Object& ties = root["ties"] = Object::array();
  for (const Tie& tie : graph.ties)
    ties.push_back(
        {{"module", graph.modules[tie.module].path}, {"to", graph.modules[tie.to].path}, {"stored", tie.stored}});
  Object& passed = root["passed"] = Object::array();
  for (const Passed& each : graph.passed)
    passed.push_back({{"tensor", checkpoint.tensors[each.tensor].name}, {"drop", each.drop}});
  return root.dump(1, ' ', false, Object::error_handler_t::replace);
}

}  // namespace lcr
