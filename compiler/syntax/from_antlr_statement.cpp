#include "compiler/syntax/from_antlr.h"

namespace lcr::syntax {

namespace {

std::vector<Name> to_dotted(const Reader& reader, LcrParser::DottedContext* context) {
  std::vector<Name> result;
  for (LcrParser::NameContext* name : context->name()) result.push_back(reader.name(name));
  return result;
}

Use to_use(const Reader& reader, LcrParser::UseStatementContext* context) {
  Use result;
  LcrParser::ModuleContext* module = context->module();
  if (module->STRING() != nullptr) {
    result.file = reader.string(module->STRING());
  } else {
    result.module = to_dotted(reader, module->dotted());
  }
  for (LcrParser::ImportedContext* imported : context->imported()) {
    Imported& entry = result.imported.emplace_back();
    entry.name = reader.name(imported->name(0));
    if (imported->AS() != nullptr) entry.alias = reader.name(imported->name(1));
  }
  return result;
}

Extends to_extends(const Reader& reader, LcrParser::ExtendsStatementContext* context) {
  Extends result;
  result.preset = to_dotted(reader, context->dotted());
  if (context->arguments() != nullptr) {
    result.called = true;
    result.arguments = to_arguments(reader, context->arguments());
  }
  return result;
}

Param to_param(const Reader& reader, LcrParser::ParamStatementContext* context) {
  Param result{reader.name(context->name(0)), reader.name(context->name(1)), {}};
  if (context->value() != nullptr) result.value = to_value(reader, context->value());
  return result;
}

Select to_select(const Reader& reader, LcrParser::SelectStatementContext* context) {
  Select result{reader.name(context->name()), to_value(reader, context->value()), {}, {}};
  if (context->NUMBER() != nullptr) {
    result.expect_span = reader.span(context->NUMBER());
    result.expect = reader.whole(result.expect_span);
  }
  return result;
}

Transform to_transform(const Reader& reader, LcrParser::TransformStatementContext* context) {
  Transform result{to_call(reader, context->call()), {}};
  if (context->value() != nullptr) result.on = to_value(reader, context->value());
  return result;
}

Node to_node(const Reader& reader, antlr4::ParserRuleContext* context) {
  switch (context->getRuleIndex()) {
    case LcrParser::RuleUseStatement: return to_use(reader, static_cast<LcrParser::UseStatementContext*>(context));
    case LcrParser::RuleExtendsStatement:
      return to_extends(reader, static_cast<LcrParser::ExtendsStatementContext*>(context));
    case LcrParser::RuleParamStatement:
      return to_param(reader, static_cast<LcrParser::ParamStatementContext*>(context));
    case LcrParser::RuleSelectStatement:
      return to_select(reader, static_cast<LcrParser::SelectStatementContext*>(context));
    case LcrParser::RuleMethodStatement: {
      auto* method = static_cast<LcrParser::MethodStatementContext*>(context);
      return Method{reader.name(method->name()), to_stack(reader, method->stack())};
    }
    case LcrParser::RuleTransformStatement:
      return to_transform(reader, static_cast<LcrParser::TransformStatementContext*>(context));
    case LcrParser::RuleDefaultStatement:
      return Default{static_cast<LcrParser::DefaultStatementContext*>(context)->KEEP() != nullptr};
    case LcrParser::RuleRuleStatement: return to_rule(reader, static_cast<LcrParser::RuleStatementContext*>(context));
    case LcrParser::RuleUntieStatement:
      return Untie{to_value(reader, static_cast<LcrParser::UntieStatementContext*>(context)->value())};
    case LcrParser::RuleDequantizeStatement:
      return Dequantize{to_value(reader, static_cast<LcrParser::DequantizeStatementContext*>(context)->value())};
    case LcrParser::RuleSchemeStatement:
    case LcrParser::RuleCalibrateStatement:
    case LcrParser::RuleBudgetStatement:
    case LcrParser::RuleServeStatement:
    case LcrParser::RuleExportStatement:
    case LcrParser::RuleScheduleStatement:
    case LcrParser::RuleAcceptStatement:
    case LcrParser::RuleRequireStatement: return to_block(reader, context);
    default: return to_architecture(reader, context);
  }
}

}  // namespace

Statement to_statement(const Reader& reader, LcrParser::StatementContext* context) {
  Statement result;
  result.span = reader.span(context);
  result.overriding = head(context) == LcrParser::OVERRIDE;
  result.node = to_node(reader, child(context, result.overriding ? 1 : 0));
  return result;
}

}  // namespace lcr::syntax
