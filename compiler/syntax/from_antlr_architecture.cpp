#include "compiler/syntax/from_antlr.h"

// The statements of architecture files.
namespace lcr::syntax {

namespace {

std::vector<Path> to_paths(const Reader& reader, const std::vector<antlr4::tree::TerminalNode*>& nodes, size_t from) {
  std::vector<Path> result;
  for (size_t i = from; i < nodes.size(); ++i) result.push_back(reader.path(nodes[i]));
  return result;
}

Part to_part(const Reader& reader, LcrParser::PartStatementContext* context) {
  Part result{reader.name(context->name(0)), reader.name(context->name(1)), {}, to_texts(reader, context->list())};
  if (context->OR() != nullptr) result.fallback = reader.name(context->name(2));
  return result;
}

Config to_config(const Reader& reader, LcrParser::ConfigStatementContext* context) {
  Config result;
  for (LcrParser::SettingContext* setting : context->setting()) {
    Setting& entry = result.settings.emplace_back();
    entry.span = reader.span(setting);
    entry.value = to_graph(reader, setting->graph());
    if (setting->target() != nullptr) {
      entry.target = to_target(reader, setting->target());
    } else {
      entry.message = reader.string(setting->STRING());
    }
  }
  return result;
}

std::vector<Parameter> to_parameters(const Reader& reader, LcrParser::ParametersContext* context) {
  std::vector<Parameter> result;
  for (LcrParser::ParameterContext* parameter : context->parameter()) {
    Parameter& entry = result.emplace_back();
    entry.span = reader.span(parameter);
    entry.name = reader.name(parameter->name(0));
    if (parameter->shape() != nullptr) {
      entry.shape.push_back(to_shape(reader, parameter->shape()));
    } else {
      entry.type = reader.name(parameter->name(1));
    }
    if (parameter->graph() != nullptr) entry.value.push_back(to_graph(reader, parameter->graph()));
  }
  return result;
}

Model to_model(const Reader& reader, LcrParser::ModelStatementContext* context) {
  Model result;
  if (context->parameters() != nullptr) result.parameters = to_parameters(reader, context->parameters());
  result.body = to_body(reader, context->body());
  return result;
}

Tie to_tie(const Reader& reader, LcrParser::TieStatementContext* context) {
  Tie result{reader.path(context->PATH(0)), reader.path(context->PATH(1)), {}};
  if (context->graph() != nullptr) result.when = to_graph(reader, context->graph());
  return result;
}

Copy to_copy(const Reader& reader, LcrParser::CopyStatementContext* context) {
  Copy result{head(context) == LcrParser::DROP, reader.path(context->PATH()), {}, {}};
  if (context->name() != nullptr) result.role = reader.name(context->name());
  if (context->graph() != nullptr) result.when = to_graph(reader, context->graph());
  return result;
}

// A path after `or` belongs to the row of the path before it, any other begins a row.
Names to_names(const Reader& reader, LcrParser::NamesStatementContext* context) {
  Names result;
  bool joined = false;
  for (size_t i = 2; i + 1 < context->children.size(); ++i) {
    auto* node = static_cast<antlr4::tree::TerminalNode*>(context->children[i]);
    if (node->getSymbol()->getType() == LcrParser::OR) {
      joined = true;
      continue;
    }
    if (!joined) result.rows.emplace_back();
    result.rows.back().push_back(reader.path(node));
    joined = false;
  }
  return result;
}

Slice to_slice(const Reader& reader, LcrParser::TensorSliceContext* context) {
  Slice result;
  result.span = reader.span(context);
  std::vector<LcrParser::SumContext*> sums = context->sum();
  if (!sums.empty()) result.low.push_back(to_sum(reader, sums[0]));
  if (sums.size() == 2) result.high.push_back(to_sum(reader, sums[1]));
  if (context->NUMBER() != nullptr) result.step = reader.whole(reader.span(context->NUMBER()));
  return result;
}

View to_view(const Reader& reader, LcrParser::TensorViewContext* context) {
  View result;
  for (LcrParser::TensorSliceContext* slice : context->tensorSlice()) result.slices.push_back(to_slice(reader, slice));
  if (context->name() != nullptr) result.property = reader.name(context->name());
  return result;
}

Layout to_layout(const Reader& reader, LcrParser::LayoutStatementContext* context) {
  Layout result{reader.string(context->STRING()), {}};
  for (LcrParser::LayoutRowContext* row : context->layoutRow()) {
    LayoutRow& entry = result.rows.emplace_back();
    entry.span = reader.span(row);
    std::vector<antlr4::tree::TerminalNode*> paths = row->PATH();
    entry.tensor = reader.path(paths[0]);
    entry.sources = to_paths(reader, paths, 1);
    if (row->name() != nullptr) entry.codec = reader.name(row->name());
    for (LcrParser::TensorViewContext* view : row->tensorView()) entry.views.push_back(to_view(reader, view));
  }
  return result;
}

}  // namespace

Node to_architecture(const Reader& reader, antlr4::ParserRuleContext* context) {
  switch (context->getRuleIndex()) {
    case LcrParser::RulePartStatement: return to_part(reader, static_cast<LcrParser::PartStatementContext*>(context));
    case LcrParser::RuleConfigStatement:
      return to_config(reader, static_cast<LcrParser::ConfigStatementContext*>(context));
    case LcrParser::RuleBlockStatement: {
      auto* block = static_cast<LcrParser::BlockStatementContext*>(context);
      return Block{reader.name(block->name()), to_parameters(reader, block->parameters()),
                   to_body(reader, block->body())};
    }
    case LcrParser::RuleModelStatement:
      return to_model(reader, static_cast<LcrParser::ModelStatementContext*>(context));
    case LcrParser::RuleTieStatement: return to_tie(reader, static_cast<LcrParser::TieStatementContext*>(context));
    case LcrParser::RuleCopyStatement: return to_copy(reader, static_cast<LcrParser::CopyStatementContext*>(context));
    case LcrParser::RuleNamesStatement:
      return to_names(reader, static_cast<LcrParser::NamesStatementContext*>(context));
    case LcrParser::RuleFusedStatement: {
      auto* fused = static_cast<LcrParser::FusedStatementContext*>(context);
      return Fused{reader.name(fused->name()), to_paths(reader, fused->PATH(), 0)};
    }
    default: return to_layout(reader, static_cast<LcrParser::LayoutStatementContext*>(context));
  }
}

}  // namespace lcr::syntax
