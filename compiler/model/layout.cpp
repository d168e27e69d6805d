#include "compiler/model/layout.h"

#include <fmt/format.h>

#include <numeric>

#include "compiler/diagnostics/codes/model.h"

namespace lcr::elaboration {
namespace {

// What is left of the axes after a view, each with the axis of the stored tensor that it runs over.
struct Axis {
  size_t stored;
};

bool apart(int64_t a, int64_t a_step, int64_t a_count, int64_t b, int64_t b_step, int64_t b_count) {
  if (a_count == 0 || b_count == 0) return true;
  const int64_t a_last = a + a_step * (a_count - 1), b_last = b + b_step * (b_count - 1);
  if (a_last < b || b_last < a) return true;
  return (a - b) % std::gcd(a_step, b_step) != 0;
}

}  // namespace

Layouts::Layouts(Elaborator& elaborator, const Scope& scope, const Checkpoint& checkpoint, const Spelling& spelling)
    : elaborator_(elaborator), checkpoint_(checkpoint), spelling_(spelling) {
  read(scope);
}

void Layouts::read(const Scope& scope) {
  for (const syntax::Layout* layout : scope.description->layouts)
    for (const syntax::LayoutRow& row : layout->rows)
      rows_.push_back({&row, PathPattern(row.tensor.text), &scope, false, false, {}});
  for (const auto& [name, part] : scope.parts) read(*part);
}

void Layouts::evaluate(Row& row) {
  row.evaluated = true;
  Locals locals;
  if (!row.pattern.variable().empty()) locals.set(row.pattern.variable(), {ExpertNumber{}});
  Frame frame{locals, *row.scope};
  auto bound = [&](const syntax::Graph& graph) -> std::optional<int64_t> {
    Term term = elaborator_.evaluate(graph, frame);
    auto number = whole_of(term);
    if (!number && !term.is<Poison>())
      elaborator_.fail(codes::L7034, graph.span,
                       fmt::format("a bound of a slice is a whole number, this is {}", kind_of(term)));
    return number;
  };
  for (const syntax::View& view : row.row->views) {
    TensorView::Step step;
    if (view.property) {
      step.transposed = view.property->text == "transposed";
      if (!step.transposed) {
        elaborator_.fail(codes::L7034, view.property->span,
                         fmt::format("a view has no property `{}`", view.property->text));
        return;
      }
    }
    for (const syntax::Slice& slice : view.slices) {
      TensorView::Slice made;
      made.all = slice.low.empty();
      made.step = slice.step;
      if (!made.all) {
        const bool variable = slice.high.empty() && slice.low[0].kind == syntax::Graph::Kind::Operation &&
                              !slice.low[0].called && slice.low[0].text == row.pattern.variable();
        if (variable) {
          row.by_expert = true;
          row.expert_step = row.steps.size();
          row.expert_slice = step.slices.size();
        } else {
          auto low = bound(slice.low[0]);
          auto high = slice.high.empty() ? std::optional<int64_t>(-1) : bound(slice.high[0]);
          if (!low || !high) return;
          made.low = *low;
          made.high = *high;
        }
      }
      step.slices.push_back(made);
    }
    row.steps.push_back(std::move(step));
  }
  row.usable = true;
}

std::optional<std::vector<uint32_t>> Layouts::sources(const Row& row, std::string_view any) const {
  std::vector<uint32_t> found;
  for (const syntax::Path& path : row.row->sources) {
    std::string name = path.text;
    if (const size_t at = name.find("**"); at != std::string::npos) name.replace(at, 2, any);
    spelling_.apply(name);
    const int64_t tensor = checkpoint_.find(name);
    if (tensor < 0) return std::nullopt;
    found.push_back(static_cast<uint32_t>(tensor));
  }
  return found;
}

// The shape that a view starts from: the stored one, or what a codec decodes.
std::optional<Dims> Layouts::stored_dims(const Row& row, const std::vector<uint32_t>& sources) const {
  Dims dims = checkpoint_.tensors[sources[0]].shape;
  if (!row.row->codec) return dims;
  // MXFP4: blocks [.., in / 32, 16] of two codes a byte, scales [.., in / 32].
  if (row.row->codec->text != "mxfp4" || sources.size() != 2 || dims.size() < 2 || dims.back() != 16)
    return std::nullopt;
  dims.pop_back();
  if (checkpoint_.tensors[sources[1]].shape != dims) return std::nullopt;
  dims.back() *= 32;
  return dims;
}

std::optional<Placement> Layouts::place(std::string_view name, const Dims& declared, int64_t experts) {
  for (Row& row : rows_) {
    auto match = row.pattern.match(name);
    if (!match) continue;
    auto found = sources(row, match->any);
    if (!found) continue;
    if (!row.evaluated) evaluate(row);
    Placement placement;
    placement.failed = !row.usable || !fits(row, *found, declared, experts);
    placement.view.dtype = checkpoint_.tensors[(*found)[0]].dtype;
    placement.view.sources = std::move(*found);
    if (row.row->codec) placement.view.codec = TensorView::Codec::Mxfp4;
    placement.view.steps = row.steps;
    placement.by_expert = row.by_expert;
    placement.expert_step = row.expert_step;
    placement.expert_slice = row.expert_slice;
    return placement;
  }
  return std::nullopt;
}

bool Layouts::fits(const Row& row, const std::vector<uint32_t>& sources, const Dims& declared, int64_t experts) {
  const StoredTensor& stored = checkpoint_.tensors[sources[0]];
  auto refuse = [&](std::string message) {
    elaborator_.fail(codes::L7034, row.row->span, fmt::format("`{}` {}", stored.name, message));
    return false;
  };
  auto dims = stored_dims(row, sources);
  if (!dims)
    return refuse(fmt::format("has the shape [{}], which its codec does not decode", fmt::join(stored.shape, ", ")));
  std::vector<Extent> box;
  std::vector<Axis> axes;
  for (size_t i = 0; i < dims->size(); ++i) {
    box.push_back({0, 1, (*dims)[i]});
    axes.push_back({i});
  }
  for (size_t s = 0; s < row.steps.size(); ++s) {
    const TensorView::Step& step = row.steps[s];
    if (step.transposed) {
      if (axes.size() < 2) return refuse("has too few axes to be transposed");
      std::swap(axes[axes.size() - 1], axes[axes.size() - 2]);
      continue;
    }
    if (step.slices.size() > axes.size()) return refuse("has fewer axes than its layout cuts");
    std::vector<Axis> left;
    for (size_t i = 0; i < axes.size(); ++i) {
      if (i >= step.slices.size() || step.slices[i].all) {
        left.push_back(axes[i]);
        continue;
      }
      const TensorView::Slice& slice = step.slices[i];
      Extent& extent = box[axes[i].stored];
      if (row.by_expert && s == row.expert_step && i == row.expert_slice) {
        if (experts != extent.count)
          return refuse(fmt::format("holds {} experts, the text declares {}", extent.count, experts));
        extent.expert = true;
        continue;
      }
      const int64_t high = slice.high < 0 ? slice.low + 1 : slice.high;
      if (slice.low < 0 || high > extent.count || slice.low > high || slice.step < 1)
        return refuse(fmt::format("has {} entries where the layout takes {}..<{}", extent.count, slice.low, high));
      extent.low += slice.low * extent.step;
      extent.count = (high - slice.low + slice.step - 1) / slice.step;
      extent.step *= slice.step;
      if (slice.high >= 0) left.push_back(axes[i]);
    }
    axes = std::move(left);
  }
  Dims result;
  for (const Axis& axis : axes) result.push_back(box[axis.stored].count);
  if (result != declared) {
    return refuse(
        fmt::format("gives [{}], the text declares [{}]", fmt::join(result, ", "), fmt::join(declared, ", ")));
  }
  uses_[sources[0]].push_back({std::move(box), row.row});
  return true;
}

void Layouts::check_tiling() {
  for (const auto& [tensor, uses] : uses_) {
    int64_t covered = 0, total = 1;
    Dims dims = checkpoint_.tensors[tensor].shape;
    for (const Use& use : uses) {
      int64_t part = 1;
      for (const Extent& extent : use.box) part *= extent.count;
      covered += part;
    }
    total = elements_of(dims);
    // A decoded tensor has two elements a byte, 16 bytes a block.
    if (!uses.empty() && uses[0].row->codec) total *= 2;
    bool disjoint = true;
    for (size_t a = 0; a < uses.size(); ++a) {
      for (size_t b = a + 1; b < uses.size(); ++b) {
        bool separate = false;
        for (size_t i = 0; i < uses[a].box.size(); ++i) {
          const Extent &x = uses[a].box[i], &y = uses[b].box[i];
          separate |= !x.expert && !y.expert && apart(x.low, x.step, x.count, y.low, y.step, y.count);
        }
        disjoint &= separate;
      }
    }
    if (covered == total && disjoint) continue;
    elaborator_.fail(codes::L7034, uses[0].row->span,
                     fmt::format("the views of `{}` cover {} of its {} elements{}", checkpoint_.tensors[tensor].name,
                                 covered, total, disjoint ? "" : ", some of them twice"));
  }
}

}  // namespace lcr::elaboration
