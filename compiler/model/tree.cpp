#include "compiler/model/tree.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "compiler/model/name_list.h"

namespace lcr {
namespace {

std::string grouped(uint64_t number) {
  std::string digits = std::to_string(number), text;
  for (size_t i = 0; i < digits.size(); ++i) {
    if (i > 0 && (digits.size() - i) % 3 == 0) text += ',';
    text += digits[i];
  }
  return text;
}

std::string roles_text(Role roles) {
  std::string text;
  for (const std::string& name : role_names())
    if (has(roles, *role_named(name))) text += (text.empty() ? "" : " ") + name;
  return text;
}

// "0..2", "0..30 by 2", "0, 5, 7..9"
std::string ranges(const std::vector<int64_t>& numbers) {
  std::string text;
  for (size_t i = 0; i < numbers.size();) {
    size_t last = i;
    const int64_t step = i + 1 < numbers.size() ? numbers[i + 1] - numbers[i] : 1;
    while (last + 1 < numbers.size() && numbers[last + 1] - numbers[last] == step) ++last;
    // Two numbers make a range only side by side.
    if (last == i + 1 && step != 1) last = i;
    if (!text.empty()) text += ", ";
    text += std::to_string(numbers[i]);
    if (last > i) text += fmt::format("..{}", numbers[last]) + (step == 1 ? "" : fmt::format(" by {}", step));
    i = last + 1;
  }
  return text;
}

// A path cut around its last number: "model.layers." 3 "".
struct Numbered {
  std::string front, back;
  std::optional<int64_t> number;
};

Numbered numbered(const std::string& path) {
  size_t end = path.size();
  while (end > 0) {
    const size_t dot = path.rfind('.', end - 1);
    const size_t begin = dot == std::string::npos ? 0 : dot + 1;
    const std::string part = path.substr(begin, end - begin);
    if (!part.empty() && part.find_first_not_of("0123456789") == std::string::npos)
      return {path.substr(0, begin), path.substr(end), std::stoll(part)};
    if (dot == std::string::npos) break;
    end = dot;
  }
  return {path, {}, std::nullopt};
}

struct Line {
  int indent = 0;
  std::string name, kind, roles, shape, dtype;
};

// Layers of one template whose paths differ in one number.
struct Layers {
  Numbered path;
  std::vector<int64_t> numbers;
  uint32_t first = 0;  // instance
};

class Renderer {
 public:
  Renderer(const ModelGraph& graph, const Checkpoint& checkpoint) : graph_(graph), checkpoint_(checkpoint) {
    for (uint32_t i = 0; i < graph.modules.size(); ++i) {
      const Module& module = graph.modules[i];
      if (module.expert <= 0) first_.emplace(std::tuple(module.instance, module.owner, module.local), i);
    }
  }

  std::string render() {
    collect_layers();
    header();
    instance(0, 0);
    write_lines();
    footer();
    return std::move(text_);
  }

 private:
  void collect_layers() {
    std::map<std::tuple<TemplateId, std::string, std::string>, size_t> known;
    for (uint32_t i = 1; i < graph_.instances.size(); ++i) {
      const Instance& each = graph_.instances[i];
      Numbered path = numbered(each.path);
      auto [found, added] = known.try_emplace({each.id, path.front, path.back}, layers_.size());
      if (added) layers_.push_back({path, {}, i});
      if (path.number) layers_[found->second].numbers.push_back(*path.number);
      group_of_node_[each.node] = {found->second, added};
    }
  }

  void header() {
    uint64_t bytes = 0;
    for (const StoredTensor& tensor : checkpoint_.tensors) bytes += tensor.bytes();
    fmt::format_to(std::back_inserter(text_), "{} ({}), {}, {}\n{} parameters, {} bytes in {}\n\n", graph_.class_name,
                   graph_.architecture, counted(static_cast<size_t>(graph_.layers), "layer"), name_of(graph_.dtype),
                   grouped(static_cast<uint64_t>(parameter_count(graph_))), grouped(bytes),
                   counted(checkpoint_.shards.size(), "shard"));
  }

  void instance(uint32_t number, int indent) {
    const Template& owner = graph_.templates[graph_.instances[number].id];
    for (uint32_t n = 0; n < owner.nodes.size(); ++n) {
      const Node& node = owner.nodes[n];
      if (node.module != none_id) module(number, graph_.instances[number].id, node.module, indent);
      if (node.op == Op::Dispatch) {
        const Template& expert = graph_.templates[node.callee];
        const std::string range = fmt::format("{{0..{}}}", node.attributes.experts - 1);
        std::string name = node.path.empty() ? "experts" : node.path;
        if (const size_t at = name.find("{}"); at != std::string::npos) name.replace(at, 2, range);
        lines_.push_back({indent, name, counted(static_cast<size_t>(node.attributes.experts), "expert"), "", "", ""});
        for (uint32_t local = 0; local < expert.modules.size(); ++local) module(number, node.callee, local, indent + 1);
      }
      if (node.op != Op::Call) continue;
      const auto& [group, first] = group_of_node_.at(n);
      if (!first) continue;
      const Layers& layers = layers_[group];
      std::string name = layers.path.front;
      if (layers.path.number)
        name += layers.numbers.size() == 1 ? std::to_string(layers.numbers[0]) : "{" + ranges(layers.numbers) + "}";
      lines_.push_back(
          {indent, name + layers.path.back,
           fmt::format("{} x {}", std::max<size_t>(layers.numbers.size(), 1), graph_.templates[node.callee].name), "",
           "", ""});
      instance(layers.first, indent + 1);
    }
  }

  void module(uint32_t instance, TemplateId owner, uint32_t local, int indent) {
    const TemplateModule& declared = graph_.templates[owner].modules[local];
    auto found = first_.find({instance, owner, local});
    if (found == first_.end()) return;
    const Module& module = graph_.modules[found->second];
    Line line{indent,
              declared.path.empty() ? "." : declared.path,
              std::string(name_of(declared.kind)),
              roles_text(module.roles),
              "",
              ""};
    if (declared.unused) line.kind += " (unused)";
    for (uint32_t i = 0; i < module.tensor_count; ++i) {
      const auto& tensor = declared.tensors[i];
      line.shape +=
          fmt::format("{}[{}]", i == 0 ? "" : fmt::format(" {} ", tensor.name), fmt::join(tensor.shape, ", "));
      const TensorView& view = graph_.views(module)[i];
      if (i == 0 && view.present())
        line.dtype = view.codec == TensorView::Codec::None ? name_of(view.dtype) : name_of(view.codec);
    }
    if (module.tied_to >= 0) line.dtype = fmt::format("= {}", graph_.modules[static_cast<size_t>(module.tied_to)].path);
    lines_.push_back(std::move(line));
  }

  void write_lines() {
    size_t name = 0, kind = 0, roles = 0, shape = 0;
    for (const Line& line : lines_) {
      name = std::max(name, line.name.size() + 2 * static_cast<size_t>(line.indent));
      kind = std::max(kind, line.kind.size());
      roles = std::max(roles, line.roles.size());
      shape = std::max(shape, line.shape.size());
    }
    for (const Line& line : lines_) {
      std::string row = fmt::format("{:{}}{:{}}  {:{}}  {:{}}  {:{}}  {}", "", 2 * line.indent, line.name,
                                    name - 2 * static_cast<size_t>(line.indent), line.kind, kind, line.roles, roles,
                                    line.shape, shape, line.dtype);
      row.resize(row.find_last_not_of(' ') + 1);
      (text_ += row) += '\n';
    }
  }

  void footer() {
    std::map<std::string, size_t> fused;
    for (const FusedGroup& group : graph_.fused) {
      std::string members;
      for (uint32_t member : group.members) {
        const std::string_view path = graph_.modules[member].path;
        members += (members.empty() ? "" : ", ") + std::string(path.substr(path.rfind('.') + 1));
      }
      ++fused[fmt::format("fused {}: {}", group.name, members)];
    }
    auto out = std::back_inserter(text_);
    if (!fused.empty() || !graph_.ties.empty() || !graph_.passed.empty()) text_ += '\n';
    for (const auto& [group, count] : fused) fmt::format_to(out, "{} ({})\n", group, counted(count, "group"));
    for (const Tie& tie : graph_.ties) {
      fmt::format_to(out, "tied {} to {}{}\n", graph_.modules[tie.module].path, graph_.modules[tie.to].path,
                     tie.stored ? ", stored all the same" : "");
    }
    for (const bool drop : {false, true}) {
      NameList names;
      for (const Passed& passed : graph_.passed)
        if (passed.drop == drop) names.add(checkpoint_.tensors[passed.tensor].name);
      if (names.count() > 0)
        fmt::format_to(out, "{} {}: {}\n", drop ? "dropped" : "copied", counted(names.count(), "tensor"), names.text());
    }
  }

  const ModelGraph& graph_;
  const Checkpoint& checkpoint_;
  // The module of an instance, template and place in it; of experts the first.
  std::map<std::tuple<uint32_t, TemplateId, uint32_t>, uint32_t> first_;
  std::vector<Layers> layers_;
  std::map<uint32_t, std::pair<size_t, bool>> group_of_node_;  // by Call of the model; whether it is its group's first
  std::vector<Line> lines_;
  std::string text_;
};

}  // namespace

std::string_view name_of(TensorView::Codec codec) {
  switch (codec) {
    case TensorView::Codec::None: break;
    case TensorView::Codec::Fp8Block: return "fp8 blocks";
    case TensorView::Codec::Mxfp4: return "mxfp4";
    case TensorView::Codec::CompressedTensors: return "compressed-tensors";
  }
  return {};
}

int64_t parameter_count(const ModelGraph& graph) {
  int64_t count = 0;
  for (const Module& module : graph.modules) {
    if (module.kind == ModuleKind::Opaque) continue;
    for (const auto& tensor : graph.declaration(module).tensors)
      if (module.tied_to < 0 || tensor.name != "weight") count += elements_of(tensor.shape);
  }
  return count;
}

std::string render_tree(const ModelGraph& graph, const Checkpoint& checkpoint) {
  return Renderer(graph, checkpoint).render();
}

}  // namespace lcr
