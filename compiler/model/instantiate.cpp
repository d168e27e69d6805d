#include "compiler/model/instantiate.h"

#include <set>


namespace lcr::elaboration {
namespace {

void make_instances(ModelGraph& graph) {
  graph.instances.push_back({});
  const Template& model = graph.templates[0];
  for (uint32_t n = 0; n < model.nodes.size(); ++n) {
    const Node& node = model.nodes[n];
    if (node.op != Op::Call) continue;
    Instance instance{node.callee, node.path, -1, n};
    if (graph.templates[node.callee].decoder) {
      instance.layer = node.layer;
      graph.layers = std::max(graph.layers, node.layer + 1);
    }
    graph.instances.push_back(std::move(instance));
  }
}

class Builder {
 public:
  Builder(ModelGraph& graph, const Spelling& spelling, TextArena& arena)
      : graph_(graph), spelling_(spelling), arena_(arena) {}

  void build(uint32_t instance) {
    const Instance& of = graph_.instances[instance];
    for (const Node& node : graph_.templates[of.id].nodes) {
      if (node.module != none_id) add(instance, of.id, node.module, of.path, -1);
      if (node.op != Op::Dispatch) continue;
      const std::string front = joined_path(of.path, node.path);
      const auto experts = static_cast<int32_t>(node.attributes.experts);
      const size_t count = graph_.templates[node.callee].modules.size();
      for (int32_t expert = 0; expert < experts; ++expert) {
        const std::string path = with_expert(front, expert);
        for (uint32_t local = 0; local < count; ++local) add(instance, node.callee, local, path, expert);
      }
    }
  }

 private:
  void add(uint32_t instance, TemplateId owner, uint32_t local, std::string_view front, int32_t expert) {
    const TemplateModule& declared = graph_.templates[owner].modules[local];
    path_.assign(front);
    if (!front.empty() && !declared.path.empty()) path_ += '.';
    path_ += declared.path;
    if (expert >= 0 && path_.find("{}") != std::string::npos) path_ = with_expert(path_, expert);
    path_ += '.';
    spelling_.apply(path_);
    path_.pop_back();
    Module module;
    module.path = arena_.keep(path_);
    module.kind = declared.kind;
    module.roles = declared.roles;
    module.layer = static_cast<int32_t>(graph_.instances[instance].layer);
    module.expert = expert;
    module.owner = owner;
    module.local = local;
    module.instance = instance;
    module.out = declared.out;
    module.in = declared.in;
    graph_.modules.push_back(module);
  }

  ModelGraph& graph_;
  const Spelling& spelling_;
  TextArena& arena_;
  std::string path_;
};

void add_point(ModelGraph& graph, const AttentionPoint& like, AttentionPoint::Kind kind, const std::string& block,
               const Dims& dims, TextArena& arena) {
  static constexpr std::string_view names[] = {".keys", ".values", ".queries"};
  AttentionPoint point = like;
  point.kind = kind;
  point.path = arena.keep(block + std::string(names[static_cast<size_t>(kind)]));
  point.heads = dims.size() > 1 ? dims[0] : 1;
  point.width = dims.back();
  graph.points.push_back(point);
}

}  // namespace

std::string with_expert(std::string_view path, int64_t expert) {
  std::string text(path);
  const std::string number = std::to_string(expert);
  for (size_t at = text.find("{}"); at != std::string::npos; at = text.find("{}", at + number.size()))
    text.replace(at, 2, number);
  return text;
}

void instantiate(ModelGraph& graph, const Spelling& spelling, TextArena& arena) {
  make_instances(graph);
  Builder builder(graph, spelling, arena);
  size_t count = 0;
  for (const Instance& instance : graph.instances) {
    const Template& owner = graph.templates[instance.id];
    count += owner.modules.size();
    for (const Node& node : owner.nodes)
      if (node.op == Op::Dispatch)
        count += graph.templates[node.callee].modules.size() * static_cast<size_t>(node.attributes.experts);
  }
  // Some more for the modules that are only copied.
  graph.modules.reserve(count + count / 16);
  for (uint32_t i = 0; i < graph.instances.size(); ++i) builder.build(i);
  for (const Template& owner : graph.templates)
    for (const Node& node : owner.nodes)
      if (node.op == Op::Dispatch) graph.expert_counts[node.path] = node.attributes.experts;
}

void collect_points(ModelGraph& graph, const Spelling& spelling, TextArena& arena) {
  for (uint32_t i = 0; i < graph.instances.size(); ++i) {
    const Instance& instance = graph.instances[i];
    const Template& owner = graph.templates[instance.id];
    for (uint32_t n = 0; n < owner.nodes.size(); ++n) {
      const Node& node = owner.nodes[n];
      if (node.op != Op::Attend || node.unused) continue;
      std::string block = joined_path(instance.path, node.attention) + ".";
      spelling.apply(block);
      block.pop_back();
      AttentionPoint point;
      point.roles = node.roles | Role::Attention;
      // What looks at an image or a sound at once keeps nothing for later tokens.
      if (has(point.roles, Role::Vision | Role::Audio)) continue;
      point.layer = static_cast<int32_t>(instance.layer);
      point.instance = i;
      point.node = n;
      const bool latent = node.cached.size() == 2;
      const Dims& keys = owner.values[latent ? node.cached[0] : node.inputs[1]].dims;
      const Dims& values = owner.values[latent ? node.cached[1] : node.inputs[2]].dims;
      add_point(graph, point, AttentionPoint::Kind::Keys, block, keys, arena);
      add_point(graph, point, AttentionPoint::Kind::Values, block, values, arena);
      add_point(graph, point, AttentionPoint::Kind::Queries, block, owner.values[node.inputs[0]].dims, arena);
    }
  }
}

std::vector<std::string> sample_names(const ModelGraph& graph) {
  std::vector<std::string> names;
  std::set<TemplateId> seen;
  auto add = [&](const Template& owner, std::string_view front) {
    for (const TemplateModule& module : owner.modules)
      for (const auto& tensor : module.tensors)
        names.push_back(with_expert(joined_path(joined_path(front, module.path), tensor.name), 0));
  };
  std::vector<std::pair<TemplateId, std::string>> first{{0, ""}};
  for (const Node& node : graph.templates[0].nodes)
    if (node.op == Op::Call) first.emplace_back(node.callee, node.path);
  for (const auto& [id, path] : first) {
    if (!seen.insert(id).second) continue;
    const Template& owner = graph.templates[id];
    add(owner, path);
    for (const Node& node : owner.nodes)
      if (node.op == Op::Dispatch) add(graph.templates[node.callee], joined_path(path, node.path));
  }
  return names;
}

}  // namespace lcr::elaboration
