#include <algorithm>

#include <fmt/format.h>

#include "backend/chat/interpreter.h"
#include "backend/chat/limits.h"

namespace lcr::chat {

Value Interpreter::make_text(std::string bytes, bool safe) {
  if (!charge(0, static_cast<int64_t>(bytes.size()))) return {};
  return Value::text(std::move(bytes), safe);
}

Value Interpreter::make_list(std::vector<Value> items, bool tuple) {
  if (!charge(static_cast<int64_t>(items.size()))) return {};
  Value list = Value::list(std::move(items), tuple);
  if (list.depth() > kDeepestValue) return fail(fmt::format("lists are nested more than {} deep", kDeepestValue));
  return list;
}

Value Interpreter::evaluate(const Expression& node) {
  offset_ = node.offset;
  if (!charge(1)) return {};
  if (depth_ >= kDeepestEvaluation) return fail("the template nests its calls too deeply");
  ++depth_;
  Value value = evaluate_at(node);
  --depth_;
  return failed_ ? Value() : value;
}

Value Interpreter::evaluate_at(const Expression& node) {
  auto part = [&](size_t i) { return evaluate(*node.parts[i]); };
  auto parts = [&] {
    std::vector<Value> values;
    for (const ExpressionPtr& each : node.parts) values.push_back(evaluate(*each));
    return values;
  };
  switch (node.kind) {
    case ExpressionKind::Constant: return node.value;
    case ExpressionKind::Name: return name(node);
    case ExpressionKind::Member: break;
    case ExpressionKind::List:
    case ExpressionKind::Tuple: return make_list(parts(), node.kind == ExpressionKind::Tuple);
    case ExpressionKind::Dict: return dict(node);
    case ExpressionKind::Attribute: {
      Value value = part(0);
      offset_ = node.offset;
      return attribute(value, node.name);
    }
    case ExpressionKind::Item: {
      Value value = part(0);
      if (node.parts[1]->kind == ExpressionKind::Slice) return slice(value, *node.parts[1]);
      Value index = part(1);
      offset_ = node.offset;
      return item(value, index);
    }
    case ExpressionKind::Slice: break;
    case ExpressionKind::Call: {
      Value callee = part(0);
      Arguments given = arguments(node);
      offset_ = node.offset;
      return call(callee, std::move(given));
    }
    case ExpressionKind::Filter: return filter(node, nullptr);
    case ExpressionKind::Test: {
      Value value = part(0);
      Arguments given = arguments(node);
      offset_ = node.offset;
      return failed_ ? Value() : Value(apply_test(node.name, value, given));
    }
    case ExpressionKind::Not: return Value(!part(0).truth());
    case ExpressionKind::And: {
      Value left = part(0);
      return left.truth() ? part(1) : left;
    }
    case ExpressionKind::Or: {
      Value left = part(0);
      return left.truth() ? left : part(1);
    }
    case ExpressionKind::Compare: return comparison(node);
    case ExpressionKind::Arithmetic: {
      Value left = part(0), right = part(1);
      offset_ = node.offset;
      return failed_ ? Value() : arithmetic(node.name, left, right);
    }
    case ExpressionKind::Negative: return arithmetic("-", Value(int64_t{0}), part(0));
    case ExpressionKind::Positive: return arithmetic("+", Value(int64_t{0}), part(0));
    case ExpressionKind::Concat: return concatenation(node);
    case ExpressionKind::Conditional:
      if (part(0).truth()) return part(1);
      return node.parts[2] ? part(2) : Value::undefined("the value of this condition");
  }
  return fail("this cannot be evaluated");
}

Value Interpreter::name(const Expression& node) {
  if (const Value* value = scope_->find(node.name)) return *value;
  return knows_function(node.name) ? Value::method({}, node.name) : Value::undefined(node.name);
}

Value Interpreter::dict(const Expression& node) {
  Dict dict;
  for (size_t i = 0; i + 1 < node.parts.size() && !failed_; i += 2) {
    Value key = evaluate(*node.parts[i]);
    Value value = evaluate(*node.parts[i + 1]);
    offset_ = node.parts[i]->offset;
    if (!failed_ && !dict.set(key, std::move(value))) return fail(fmt::format("a {} cannot be the key of a dict", key.type_name()));
  }
  if (dict.depth > kDeepestValue) return fail(fmt::format("dicts are nested more than {} deep", kDeepestValue));
  return Value::dict(std::move(dict));
}

Value Interpreter::comparison(const Expression& node) {
  Value left = evaluate(*node.parts[0]);
  for (size_t i = 0; i < node.words.size() && !failed_; ++i) {
    Value right = evaluate(*node.parts[i + 1]);
    offset_ = node.offset;
    if (failed_ || !related(node.words[i], left, right)) return Value(false);
    left = std::move(right);
  }
  return Value(true);
}

bool Interpreter::related(const std::string& word, const Value& left, const Value& right) {
  if (word == "==") return equal(left, right);
  if (word == "!=") return !equal(left, right);
  if (word == "in") return contains(right, left);
  if (word == "not in") return !contains(right, left);
  int order = 0;
  if (!compare(left, right, order)) {
    fail(fmt::format("{} and {} have no order", left.type_name(), right.type_name()));
    return false;
  }
  return word == "<" ? order < 0 : word == "<=" ? order <= 0 : word == ">" ? order > 0 : order >= 0;
}

bool Interpreter::contains(const Value& container, const Value& item) {
  if (const Text* text = container.as_text()) {
    const Text* part = item.as_text();
    if (!part) fail(fmt::format("a {} cannot be part of a text", item.type_name()));
    charge(static_cast<int64_t>(text->bytes.size() / 64));
    return part && text->bytes.find(part->bytes) != std::string::npos;
  }
  if (const Dict* dict = container.as_dict()) return dict->find(item) != nullptr;
  std::vector<Value> items = items_of(container);
  return std::any_of(items.begin(), items.end(), [&](const Value& each) { return equal(each, item); });
}

Value Interpreter::concatenation(const Expression& node) {
  std::string text;
  for (const ExpressionPtr& part : node.parts) {
    Value value = evaluate(*part);
    offset_ = node.offset;
    text += write(value);
  }
  return make_text(std::move(text));
}

Arguments Interpreter::arguments(const Expression& node) {
  Arguments given;
  for (size_t i = 1; i < node.parts.size(); ++i) given.values.push_back(evaluate(*node.parts[i]));
  for (const auto& [name, value] : node.named) given.named.emplace_back(name, evaluate(*value));
  return given;
}

// `block`: what the innermost filter of a chain gets when it stands before a block.
Value Interpreter::filter(const Expression& node, const Value* block) {
  Value input;
  if (!node.parts[0]) input = *block;
  else if (block) input = filter(*node.parts[0], block);
  else input = evaluate(*node.parts[0]);
  Arguments given = arguments(node);
  offset_ = node.offset;
  return failed_ ? Value() : apply_filter(node.name, input, given);
}

Value Interpreter::call(const Value& callee, Arguments given) {
  if (failed_) return {};
  if (const Macro* macro = callee.get<Macro>()) return call_macro(*macro, given);
  if (const Method* method = callee.get<Method>())
    return method->self->is_undefined() ? call_function(*this, method->name, given) : call_method(*this, *method->self, method->name, given);
  if (const Undefined* nothing = callee.get<Undefined>())
    return fail(fmt::format("`{}` is undefined and cannot be called", nothing->name ? *nothing->name : ""));
  return fail(fmt::format("a {} cannot be called", callee.type_name()));
}

Value Interpreter::call_macro(const Macro& macro, const Arguments& given) {
  const MacroNode& node = *macro.node;
  if (calls_ >= kDeepestCall) return fail(fmt::format("macros call each other more than {} deep", kDeepestCall));
  if (given.values.size() > node.parameters.size())
    return fail(fmt::format("`{}` takes {} arguments, {} are given", node.name, node.parameters.size(), given.values.size()));
  auto scope = std::make_shared<Scope>();
  scope->outer = macro.scope;
  scope->set("caller", Value::undefined("caller"));
  for (size_t i = 0; i < given.values.size(); ++i) scope->set(node.parameters[i], given.values[i]);
  for (const auto& [name, value] : given.named) {
    auto place = std::find(node.parameters.begin(), node.parameters.end(), name);
    bool twice = place < node.parameters.begin() + static_cast<ptrdiff_t>(given.values.size());
    if (name != "caller" && (twice || place == node.parameters.end())) return fail(fmt::format("`{}` takes no argument `{}` here", node.name, name));
    scope->set(name, value);
  }
  auto outside = std::exchange(scope_, scope);
  size_t first_default = node.parameters.size() - node.defaults.size();
  for (size_t i = given.values.size(); i < node.parameters.size(); ++i) {
    const std::string& name = node.parameters[i];
    bool named = std::any_of(given.named.begin(), given.named.end(), [&](const auto& each) { return each.first == name; });
    if (!named) scope->set(name, i < first_default ? Value::undefined(name) : evaluate(*node.defaults[i - first_default]));
  }
  scope_ = outside;
  ++calls_;
  std::string text = capture(node.body, scope);
  --calls_;
  return make_text(std::move(text));
}

std::vector<Value> Interpreter::bind(std::string_view callee, const Arguments& given, std::initializer_list<std::string_view> parameters) {
  std::vector<Value> values(parameters.size());
  if (given.values.size() > parameters.size()) fail(fmt::format("`{}` takes at most {} arguments", callee, parameters.size()));
  for (size_t i = 0; i < std::min(values.size(), given.values.size()); ++i) values[i] = given.values[i];
  for (const auto& [name, value] : given.named) {
    auto place = std::find(parameters.begin(), parameters.end(), name);
    if (place == parameters.end()) fail(fmt::format("`{}` takes no argument `{}`", callee, name));
    else values[static_cast<size_t>(place - parameters.begin())] = value;
  }
  return values;
}

}  // namespace lcr::chat
