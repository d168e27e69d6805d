#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "backend/chat/lexer.h"
#include "backend/chat/tree.h"
#include "backend/chat/value.h"

namespace lcr::chat {

struct Scope {
  std::vector<std::pair<std::string, Value>> names;
  std::shared_ptr<Scope> outer;

  // In this scope or one around it; null when there is none.
  const Value* find(std::string_view name) const;
  void set(std::string_view name, Value value);
};

// Of a call, a filter or a test.
struct Arguments {
  std::vector<Value> values;
  std::vector<std::pair<std::string, Value>> named;
};

// A range of bytes of what was rendered.
struct TextRange {
  size_t begin = 0;
  size_t end = 0;
};

// Renders one conversation. After the first problem everything gives undefined values and no loop goes on; the caller
// looks at failed().
class Interpreter {
 public:
  explicit Interpreter(Scope context);
  // Macros, their scopes and namespaces may hold each other.
  ~Interpreter();
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  void run(const Body& body);
  const std::string& text() const { return text_; }
  // What stands in `generation` blocks.
  const std::vector<TextRange>& generated() const { return generated_; }

  bool failed() const { return failed_; }
  const Problem& problem() const { return problem_; }
  // Whether the template itself refused the conversation.
  bool refused() const { return refused_; }

  // For filters, tests and methods. fail() keeps the first message, with the place of what is evaluated.
  Value fail(std::string message);
  void refuse(std::string message);
  // Counts work and bytes of texts against the limits; false beyond them.
  bool charge(int64_t steps, int64_t bytes = 0);
  Value make_text(std::string bytes, bool safe = false);
  Value make_list(std::vector<Value> items, bool tuple = false);

  // str() of Python.
  std::string write(const Value& value);
  // What a `for` goes through; an iterator is empty afterwards.
  std::vector<Value> items_of(const Value& value);
  // `value.name` and `value[index]`.
  Value attribute(const Value& value, std::string_view name);
  Value item(const Value& value, const Value& index);
  Value call(const Value& callee, Arguments arguments);
  Value apply_filter(const std::string& name, const Value& input, const Arguments& arguments);
  bool apply_test(const std::string& name, const Value& input, const Arguments& arguments);
  bool contains(const Value& container, const Value& item);
  Value arithmetic(std::string_view sign, const Value& left, const Value& right);
  // Values of parameters by place or name; undefined where none is given. Fails on others.
  std::vector<Value> bind(std::string_view callee, const Arguments& arguments, std::initializer_list<std::string_view> parameters);
  std::shared_ptr<Namespace> make_namespace();

 private:
  enum class Flow { Next, Break, Continue };

  Value evaluate(const Expression& node);
  Value evaluate_at(const Expression& node);
  Value name(const Expression& node);
  Value dict(const Expression& node);
  Value comparison(const Expression& node);
  bool related(const std::string& word, const Value& left, const Value& right);
  Value slice(const Value& value, const Expression& node);
  Value concatenation(const Expression& node);
  Arguments arguments(const Expression& node);
  Value filter(const Expression& node, const Value* block);
  Value call_macro(const Macro& macro, const Arguments& arguments);
  Value loop_member(const std::shared_ptr<Loop>& loop, std::string_view name);

  Flow execute(const Body& body);
  Flow execute(const Statement& node);
  Flow loop(const Statement& node);
  std::vector<Value> loop_items(const Statement& node);
  void assign(const Expression& target, const Value& value);
  void generation(const Statement& node);
  // The output of a body in a scope of its own.
  std::string capture(const Body& body, std::shared_ptr<Scope> scope);
  Macro make_macro(const MacroNode& node);
  std::shared_ptr<Scope> inner_scope() const;

  std::shared_ptr<Scope> scope_;
  std::vector<std::shared_ptr<Scope>> captured_;
  std::vector<std::shared_ptr<Namespace>> namespaces_;
  std::string text_;
  std::string* out_ = &text_;
  std::vector<TextRange> generated_;
  uint32_t offset_ = 0;
  int calls_ = 0;
  int depth_ = 0;
  int64_t steps_ = 0;
  int64_t bytes_ = 0;
  bool failed_ = false;
  bool refused_ = false;
  Problem problem_;
};

// Functions that every template has: `range`, `namespace` …
bool knows_function(std::string_view name);
Value call_function(Interpreter& interpreter, const std::string& name, const Arguments& arguments);
// Methods of texts, lists and dicts, those that the sandbox forbids included.
bool has_method(const Value& value, std::string_view name);
Value call_method(Interpreter& interpreter, const Value& self, const std::string& name, const Arguments& arguments);

}  // namespace lcr::chat
