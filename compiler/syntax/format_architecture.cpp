#include <limits>

#include <fmt/core.h>

#include "compiler/syntax/format_parts.h"

namespace lcr::syntax {

namespace {

Doc texts(const std::vector<Text>& items) {
  std::vector<Doc> parts;
  for (const Text& item : items) parts.push_back(text(quote(item.text)));
  return concat({text("["), fill(std::move(parts)), text("]")});
}

Doc when(Margin& margin, std::string head, const std::optional<Graph>& condition) {
  if (!condition) return text(head);
  return concat({text(head + " when "), format_graph(margin, *condition)});
}

Doc format_parameters(Margin& margin, std::string head, const std::vector<Parameter>& parameters) {
  std::vector<Doc> items;
  for (const Parameter& parameter : parameters) {
    Doc type = parameter.type ? text(parameter.type->text) : format_shape(margin, parameter.shape[0]);
    Doc item = concat({text(parameter.name.text + ": "), std::move(type)});
    if (!parameter.value.empty()) {
      item = concat({std::move(item), text(" = "), format_graph(margin, parameter.value[0])});
    }
    items.push_back(std::move(item));
  }
  return concat({text(head + "("), fill(std::move(items)), text(")")});
}

Row setting_row(Margin& margin, const Setting& setting) {
  Row row;
  row.remarks = margin.begin(setting.span.begin);
  Doc value = format_graph(margin, setting.value);
  if (setting.target) {
    row.kind = kSettingRow;
    row.cells = {format_target(*setting.target), concat({text("= "), std::move(value)})};
  } else {
    Doc message = nest(kIndent, group(concat({line(), text(quote(setting.message->text))})));
    row.cells.push_back(concat({text("require "), std::move(value), std::move(message)}));
  }
  margin.end(setting.span.end, row.remarks);
  return row;
}

Row names_row(Margin& margin, const std::vector<Path>& spellings) {
  Row row;
  row.remarks = margin.begin(spellings.front().span.begin);
  row.kind = kNamesRow;
  row.cells.push_back(text(tick(spellings[0])));
  std::vector<Doc> others;
  for (size_t i = 1; i < spellings.size(); ++i) {
    Doc other = text("or " + tick(spellings[i]));
    others.push_back(others.empty() ? std::move(other) : group(concat({line(), std::move(other)})));
  }
  if (!others.empty()) row.cells.push_back(align(concat(std::move(others))));
  margin.end(spellings.back().span.end, row.remarks);
  return row;
}

Doc format_slice(Margin& margin, const Slice& slice) {
  if (slice.low.empty()) return text("*");
  Doc low = format_graph(margin, slice.low[0]);
  if (slice.high.empty()) return low;
  std::string step = slice.step == 1 ? "" : fmt::format(" by {}", slice.step);
  return concat({std::move(low), text("..<"), format_graph(margin, slice.high[0]), text(step)});
}

// Never broken: the paths before it are the better place.
Doc format_view(Margin& margin, const View& view) {
  if (view.property) return text("." + view.property->text);
  std::vector<Doc> items;
  for (const Slice& slice : view.slices) items.push_back(format_slice(margin, slice));
  return text("[" + print(fill(std::move(items)), std::numeric_limits<int>::max()) + "]");
}

Row layout_row(Margin& margin, const LayoutRow& entry) {
  Row row;
  row.kind = kLayoutRow;
  row.remarks = margin.begin(entry.span.begin);
  std::vector<Doc> sources;
  for (const Path& source : entry.sources) sources.push_back(text(tick(source)));
  std::vector<Doc> parts = {text("= ")};
  if (entry.codec) parts.push_back(text(entry.codec->text + "("));
  parts.push_back(fill(std::move(sources)));
  if (entry.codec) parts.push_back(text(")"));
  for (const View& view : entry.views) parts.push_back(format_view(margin, view));
  row.cells = {text(tick(entry.tensor)), concat(std::move(parts))};
  margin.end(entry.span.end, row.remarks);
  return row;
}

struct ArchitectureFormatter {
  Margin& margin;
  Row& row;
  Span span;

  void operator()(const Part& part) {
    std::string fallback = part.fallback ? " or " + part.fallback->text : "";
    row.cells = {text("part " + part.name.text), text("at " + part.at.text + fallback),
                 concat({text("is "), texts(part.is)})};
  }
  void operator()(const Config& config) {
    one(brace(margin, {text("config"), open_behind("config"), span.end - 1, 0}, config.settings.size(),
              [&](size_t i) { return setting_row(margin, config.settings[i]); }));
  }
  void operator()(const Block& block) {
    one(format_steps(margin, format_parameters(margin, "block " + block.name.text, block.parameters), block.body, 0));
  }
  void operator()(const Model& model) {
    Doc head = model.parameters.empty() ? text("model") : format_parameters(margin, "model", model.parameters);
    one(format_steps(margin, std::move(head), model.body, 0));
  }
  void operator()(const Tie& tie) { one(when(margin, "tie " + tick(tie.tensor) + " to " + tick(tie.to), tie.when)); }
  void operator()(const Copy& copy) {
    std::string role = copy.role ? " role " + copy.role->text : "";
    one(when(margin, (copy.drop ? "drop " : "copy ") + tick(copy.path) + role, copy.when));
  }
  void operator()(const Names& names) {
    one(brace(margin, {text("names"), open_behind("names"), span.end - 1, 0}, names.rows.size(),
              [&](size_t i) { return names_row(margin, names.rows[i]); }));
  }
  void operator()(const Fused& fused) {
    std::vector<Doc> members;
    for (const Path& member : fused.members) members.push_back(text(tick(member)));
    row.cells = {text("fused " + fused.name.text), concat({text("= ["), fill(std::move(members)), text("]")})};
  }
  void operator()(const Layout& layout) {
    uint32_t open = margin.next_sign(layout.title.span.end);
    one(brace(margin, {text("layout " + quote(layout.title.text)), open, span.end - 1, 0}, layout.rows.size(),
              [&](size_t i) { return layout_row(margin, layout.rows[i]); }));
  }
  template <typename Other>
  void operator()(const Other&) {}

  void one(Doc doc) { row.cells.push_back(std::move(doc)); }
  uint32_t open_behind(std::string_view word) const {
    return margin.next_sign(span.begin + static_cast<uint32_t>(word.size()));
  }
};

}  // namespace

void format_architecture(Margin& margin, const Statement& statement, Row& row) {
  std::visit(ArchitectureFormatter{margin, row, statement.span}, statement.node);
}

Doc format_header(const Header& header) {
  std::string quoted = quote(header.name);
  switch (header.kind) {
    case FileKind::Recipe: return text("recipe " + quoted);
    case FileKind::Preset: return text("preset " + header.name);
    case FileKind::Library: return text("library " + header.name);
    case FileKind::Machine: return text("machine " + header.name);
    case FileKind::Serving: return text("serving " + header.name + " since " + quote(header.since));
    case FileKind::Architecture: {
      std::vector<Doc> parts = {text("architecture " + header.name)};
      parts.push_back(nest(kIndent, group(concat({line(), text("for "), texts(header.classes)}))));
      if (!header.types.empty()) {
        parts.push_back(nest(kIndent, group(concat({line(), text("type "), texts(header.types)}))));
      }
      return concat(std::move(parts));
    }
    case FileKind::None: break;
  }
  return text("");
}

}  // namespace lcr::syntax
