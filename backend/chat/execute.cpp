#include <utility>

#include <fmt/format.h>

#include "backend/chat/interpreter.h"
#include "backend/chat/limits.h"

namespace lcr::chat {

const Value* Scope::find(std::string_view name) const {
  for (const Scope* scope = this; scope; scope = scope->outer.get())
    for (const auto& [known, value] : scope->names)
      if (known == name) return &value;
  return nullptr;
}

void Scope::set(std::string_view name, Value value) {
  for (auto& [known, old] : names)
    if (known == name) {
      old = std::move(value);
      return;
    }
  names.emplace_back(name, std::move(value));
}

Interpreter::Interpreter(Scope context) : scope_(std::make_shared<Scope>()) {
  scope_->outer = std::make_shared<Scope>(std::move(context));
}

Interpreter::~Interpreter() {
  for (auto& scope : captured_) scope->names.clear();
  for (auto& names : namespaces_) names->members.clear();
}

Value Interpreter::fail(std::string message) {
  if (!failed_) problem_ = {std::move(message), offset_};
  failed_ = true;
  return {};
}

void Interpreter::refuse(std::string message) {
  refused_ = refused_ || !failed_;
  fail(std::move(message));
}

bool Interpreter::charge(int64_t steps, int64_t bytes) {
  steps_ += steps;
  bytes_ += bytes;
  if (steps_ > kMostSteps) fail(fmt::format("the template takes more than {} steps", kMostSteps));
  if (bytes_ > kMostBytes) fail(fmt::format("the template makes more than {} MiB of text", kMostBytes >> 20));
  return !failed_;
}

void Interpreter::run(const Body& body) { execute(body); }

std::shared_ptr<Scope> Interpreter::inner_scope() const {
  auto scope = std::make_shared<Scope>();
  scope->outer = scope_;
  return scope;
}

Interpreter::Flow Interpreter::execute(const Body& body) {
  for (const auto& node : body) {
    if (failed_) return Flow::Break;
    Flow flow = execute(*node);
    if (flow != Flow::Next) return flow;
  }
  return Flow::Next;
}

Interpreter::Flow Interpreter::execute(const Statement& node) {
  offset_ = node.offset;
  if (!charge(1)) return Flow::Break;
  switch (node.kind) {
    case StatementKind::Text:
      if (charge(0, static_cast<int64_t>(node.text.size()))) *out_ += node.text;
      return Flow::Next;
    case StatementKind::Output:
      for (const ExpressionPtr& value : node.values) {
        std::string text = write(evaluate(*value));
        if (charge(0, static_cast<int64_t>(text.size()))) *out_ += text;
      }
      return Flow::Next;
    case StatementKind::If: return execute(evaluate(*node.values[0]).truth() ? node.body : node.otherwise);
    case StatementKind::For: return loop(node);
    case StatementKind::Set: assign(*node.targets[0], evaluate(*node.values[0])); return Flow::Next;
    case StatementKind::SetBlock: {
      Value text = make_text(capture(node.body, inner_scope()));
      assign(*node.targets[0], node.values.empty() ? text : filter(*node.values[0], &text));
      return Flow::Next;
    }
    case StatementKind::With: {
      auto scope = inner_scope();
      for (size_t i = 0; i < node.targets.size(); ++i) {
        Value value = evaluate(*node.values[i]);
        std::swap(scope_, scope);
        assign(*node.targets[i], value);
        std::swap(scope_, scope);
      }
      std::swap(scope_, scope);
      Flow flow = execute(node.body);
      std::swap(scope_, scope);
      return flow;
    }
    case StatementKind::MacroBlock: scope_->set(node.macro->name, make_macro(*node.macro)); return Flow::Next;
    case StatementKind::Call: {
      const Expression& callee = *node.values[0];
      Value function = evaluate(*callee.parts[0]);
      Arguments given = arguments(callee);
      given.named.emplace_back("caller", make_macro(*node.macro));
      offset_ = callee.offset;
      std::string text = write(call(function, std::move(given)));
      if (charge(0, static_cast<int64_t>(text.size()))) *out_ += text;
      return Flow::Next;
    }
    case StatementKind::FilterBlock: {
      Value text = make_text(capture(node.body, inner_scope()));
      *out_ += write(filter(*node.values[0], &text));
      return Flow::Next;
    }
    case StatementKind::Generation: generation(node); return Flow::Next;
    case StatementKind::Break: return Flow::Break;
    case StatementKind::Continue: return Flow::Continue;
  }
  return Flow::Next;
}

// The targets of a filter like `for x in y if x` are set in a scope of their own.
std::vector<Value> Interpreter::loop_items(const Statement& node) {
  std::vector<Value> items = items_of(evaluate(*node.values[0]));
  if (node.values.size() == 1) return items;
  std::vector<Value> kept;
  for (Value& item : items) {
    auto outside = std::exchange(scope_, inner_scope());
    assign(*node.targets[0], item);
    bool wanted = !failed_ && evaluate(*node.values[1]).truth();
    scope_ = outside;
    if (failed_) break;
    if (wanted) kept.push_back(std::move(item));
  }
  return kept;
}

Interpreter::Flow Interpreter::loop(const Statement& node) {
  std::vector<Value> items = loop_items(node);
  if (failed_) return Flow::Break;
  if (items.empty()) return execute(node.otherwise);
  auto sequence = std::make_shared<const Sequence>(Sequence{std::move(items)});
  auto changed = std::make_shared<Value>(Value::method({}, "unchanged"));
  Flow flow = Flow::Next;
  for (size_t i = 0; i < sequence->items.size() && flow != Flow::Break && charge(1); ++i) {
    auto outside = std::exchange(scope_, inner_scope());
    scope_->set("loop", std::make_shared<Loop>(Loop{sequence, i, changed}));
    assign(*node.targets[0], sequence->items[i]);
    if (!failed_) flow = execute(node.body);
    scope_ = outside;
  }
  return failed_ ? Flow::Break : Flow::Next;
}

void Interpreter::assign(const Expression& target, const Value& value) {
  offset_ = target.offset;
  if (failed_) return;
  if (target.kind == ExpressionKind::Name) {
    scope_->set(target.name, value);
  } else if (target.kind == ExpressionKind::Member) {
    const Value* found = scope_->find(target.name);
    Namespace* names = found ? found->as_namespace() : nullptr;
    if (!names) {
      fail(fmt::format("`{}` is no namespace, only members of one can be set", target.name));
      return;
    }
    const std::string& member = target.parts[0]->value.as_text()->bytes;
    for (auto& [name, old] : names->members)
      if (name == member) {
        old = value;
        return;
      }
    names->members.emplace_back(member, value);
  } else {
    std::vector<Value> items = items_of(value);
    if (!failed_ && items.size() != target.parts.size())
      fail(fmt::format("{} values cannot be set to {} names", items.size(), target.parts.size()));
    for (size_t i = 0; i < target.parts.size() && !failed_; ++i) assign(*target.parts[i], items[i]);
  }
}

// The body is a macro of the reference engine: what is set in it is not seen outside.
void Interpreter::generation(const Statement& node) {
  if (out_ != &text_) {
    fail("a `generation` block inside of a macro or of a text that is set cannot be followed");
    return;
  }
  size_t begin = text_.size();
  auto outside = std::exchange(scope_, inner_scope());
  execute(node.body);
  scope_ = outside;
  generated_.push_back({begin, text_.size()});
}

std::string Interpreter::capture(const Body& body, std::shared_ptr<Scope> scope) {
  std::string text;
  std::string* out = std::exchange(out_, &text);
  auto outside = std::exchange(scope_, std::move(scope));
  execute(body);
  scope_ = outside;
  out_ = out;
  return text;
}

Macro Interpreter::make_macro(const MacroNode& node) {
  captured_.push_back(scope_);
  return {&node, scope_};
}

std::shared_ptr<Namespace> Interpreter::make_namespace() {
  namespaces_.push_back(std::make_shared<Namespace>());
  return namespaces_.back();
}

}  // namespace lcr::chat
