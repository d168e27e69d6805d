#include "compiler/syntax/from_antlr.h"

// Statements with fields in braces: calibrate, budget, serve, export, schedule, scheme, accept, require.
namespace lcr::syntax {

namespace {

Field to_field(const Reader& reader, LcrParser::FieldContext* context) {
  Field result;
  result.span = reader.span(context);
  result.name = reader.name(context->name());
  result.relation = reader.slice(reader.span(context->relation()));
  result.value = to_value(reader, context->value(0));
  if (context->OVER() != nullptr) result.over = to_value(reader, context->value(1));
  return result;
}

Place to_place(const Reader& reader, LcrParser::ScheduleItemContext* context) {
  Place result{};
  result.span = reader.span(context);
  result.fields = to_fields(reader, static_cast<LcrParser::FieldsContext*>(context->children.back()));
  if (auto* device = dynamic_cast<LcrParser::DevicePlaceContext*>(context)) {
    result.kind = Place::Kind::Device;
    result.device = reader.name(device->name());
    if (LcrParser::DeviceIdsContext* ids = device->deviceIds()) {
      for (LcrParser::RangeContext* range : ids->range()) result.ids.push_back(to_range(reader, range));
    }
  } else if (auto* disk = dynamic_cast<LcrParser::DiskPlaceContext*>(context)) {
    result.kind = Place::Kind::Disk;
    result.path = reader.string(disk->STRING());
  } else {
    result.kind = Place::Kind::Host;
  }
  return result;
}

Schedule to_schedule(const Reader& reader, LcrParser::ScheduleStatementContext* context) {
  Schedule result;
  for (LcrParser::ScheduleItemContext* item : context->scheduleItem()) {
    if (auto* field = dynamic_cast<LcrParser::ScheduleFieldContext*>(item)) {
      result.items.emplace_back(to_field(reader, field->field()));
    } else {
      result.items.emplace_back(to_place(reader, item));
    }
  }
  return result;
}

Require to_require(const Reader& reader, LcrParser::RequireStatementContext* context) {
  Require result;
  if (context->comparison() != nullptr) {
    result.condition = to_comparison(reader, context->comparison());
  } else {
    result.condition = to_call(reader, context->call());
  }
  result.selection = to_value(reader, context->value());
  if (context->fields() != nullptr) result.when = to_fields(reader, context->fields());
  result.message = reader.string(context->STRING());
  return result;
}

// `serve NAME { … }` and its likes: head, name, fields.
template <typename T>
T named(const Reader& reader, antlr4::ParserRuleContext* context) {
  return {reader.name(child(context, 1)), to_fields(reader, static_cast<LcrParser::FieldsContext*>(child(context, 2)))};
}

Fields unnamed(const Reader& reader, antlr4::ParserRuleContext* context) {
  return to_fields(reader, static_cast<LcrParser::FieldsContext*>(child(context, 1)));
}

}  // namespace

Fields to_fields(const Reader& reader, LcrParser::FieldsContext* context) {
  Fields result;
  result.span = reader.span(context);
  for (LcrParser::FieldContext* field : context->field()) result.fields.push_back(to_field(reader, field));
  return result;
}

Node to_block(const Reader& reader, antlr4::ParserRuleContext* context) {
  switch (context->getRuleIndex()) {
    case LcrParser::RuleSchemeStatement: return named<Scheme>(reader, context);
    case LcrParser::RuleServeStatement: return named<Serve>(reader, context);
    case LcrParser::RuleExportStatement: return named<Export>(reader, context);
    case LcrParser::RuleCalibrateStatement: return Calibrate{unnamed(reader, context)};
    case LcrParser::RuleBudgetStatement: return Budget{unnamed(reader, context)};
    case LcrParser::RuleScheduleStatement:
      return to_schedule(reader, static_cast<LcrParser::ScheduleStatementContext*>(context));
    case LcrParser::RuleAcceptStatement: {
      auto* accept = static_cast<LcrParser::AcceptStatementContext*>(context);
      return Accept{reader.name(accept->name()), to_value(reader, accept->value()),
                    to_fields(reader, accept->fields())};
    }
    default:
      return to_require(reader, static_cast<LcrParser::RequireStatementContext*>(context));
  }
}

}  // namespace lcr::syntax
