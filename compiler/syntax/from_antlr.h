#pragma once

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/syntax/tokens.h"
#include "compiler/syntax/tree.h"

// From ANTLR's contexts to our tree, one function a rule. Nothing of the result points into the contexts.
namespace lcr::syntax {

// What every conversion needs. `diagnostics` takes the few errors that the grammar leaves open (whole numbers,
// repeated annotations).
struct Reader {
  uint32_t file;
  std::string_view text;
  Diagnostics& diagnostics;

  Span span(const antlr4::Token* first, const antlr4::Token* last) const;
  Span span(const antlr4::ParserRuleContext* context) const { return span(context->start, context->stop); }
  Span span(antlr4::tree::TerminalNode* node) const { return span(node->getSymbol(), node->getSymbol()); }
  std::string_view slice(Span span) const { return text.substr(span.begin, span.end - span.begin); }

  Name name(const antlr4::ParserRuleContext* context) const;
  Path path(antlr4::tree::TerminalNode* node) const;
  Text string(antlr4::tree::TerminalNode* node) const;
  double number(antlr4::tree::TerminalNode* node) const;
  // Reports a fraction or a number that does not fit, and gives 0.
  int64_t whole(Span span) const;
};

// The type of the first token of a context: enough to tell most alternatives apart.
inline size_t head(const antlr4::ParserRuleContext* context) {
  return static_cast<const Token*>(context->start)->type();
}

// The i-th child, which must be a rule.
inline antlr4::ParserRuleContext* child(const antlr4::ParserRuleContext* context, size_t i) {
  return static_cast<antlr4::ParserRuleContext*>(context->children[i]);
}

// The single token that a context consists of.
inline Span child_span(const Reader& reader, const antlr4::ParserRuleContext* context, size_t i) {
  return reader.span(static_cast<antlr4::tree::TerminalNode*>(context->children[i]));
}

// headers and statements
int language_version(const Reader& reader, LcrParser::LanguageLineContext* context);
Header to_header(const Reader& reader, LcrParser::HeaderContext* context);
Statement to_statement(const Reader& reader, LcrParser::StatementContext* context);
using Node = decltype(Statement::node);
Node to_rule(const Reader& reader, LcrParser::RuleStatementContext* context);
Node to_block(const Reader& reader, antlr4::ParserRuleContext* context);
Node to_architecture(const Reader& reader, antlr4::ParserRuleContext* context);

// values
Value to_value(const Reader& reader, LcrParser::ValueContext* context);
Call to_call(const Reader& reader, LcrParser::CallContext* context);
std::vector<Argument> to_arguments(const Reader& reader, LcrParser::ArgumentsContext* context);
Comparison to_comparison(const Reader& reader, LcrParser::ComparisonContext* context);
Range to_range(const Reader& reader, LcrParser::RangeContext* context);
Fields to_fields(const Reader& reader, LcrParser::FieldsContext* context);
Stack to_stack(const Reader& reader, LcrParser::StackContext* context);
std::vector<Text> to_texts(const Reader& reader, LcrParser::ListContext* context);

// graph expressions
Graph to_graph(const Reader& reader, LcrParser::GraphContext* context);
Graph to_sum(const Reader& reader, LcrParser::SumContext* context);
Graph to_result(const Reader& reader, LcrParser::DisjunctionContext* context);
Graph to_extent(const Reader& reader, LcrParser::ExtentContext* context);
Shape to_shape(const Reader& reader, LcrParser::ShapeContext* context);
Body to_body(const Reader& reader, LcrParser::BodyContext* context);
Target to_target(const Reader& reader, LcrParser::TargetContext* context);

}  // namespace lcr::syntax
