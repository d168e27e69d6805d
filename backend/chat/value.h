#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

namespace lcr::chat {

class Value;
struct MacroNode;
struct Scope;

// `name` is what a message calls it.
struct Undefined {
  std::shared_ptr<const std::string> name;
};
struct None {};

// A text; `safe` ones came out of the filter of that name.
struct Text {
  std::string bytes;
  bool safe = false;
};

// A list or a tuple; constant, as the sandbox of chat templates has it. `depth`: of nesting, itself included.
struct Sequence {
  std::vector<Value> items;
  bool tuple = false;
  uint32_t depth = 1;
};

// A dict in the order in which its keys came; constant.
struct Dict {
  std::vector<std::pair<Value, Value>> entries;
  std::unordered_map<std::string, size_t> places;
  uint32_t depth = 1;

  // The last value of a key wins, at the first one's place. False for a key that has no hash.
  bool set(const Value& key, Value value);
  const Value* find(const Value& key) const;
  const Value* find(std::string_view key) const;
};

// What `namespace(...)` makes: the only thing whose content changes.
struct Namespace {
  std::vector<std::pair<std::string, Value>> members;
};

// What filters such as `map` and `select` give: always true, without a length, gone once it was read.
struct Iterator {
  std::vector<Value> items;
  size_t at = 0;
};

// The variable `loop` of a `for`.
struct Loop {
  std::shared_ptr<const Sequence> items;
  size_t at = 0;
  std::shared_ptr<Value> last_changed;
};

struct Macro {
  const MacroNode* node = nullptr;
  std::shared_ptr<Scope> scope;
};

// A method of a value, or (with an undefined `self`) a function of that name.
struct Method {
  std::shared_ptr<Value> self;
  std::string name;
};

// A value of the template language, which has Python's semantics.
class Value {
 public:
  using Content = std::variant<Undefined, None, bool, int64_t, double, std::shared_ptr<const Text>, std::shared_ptr<const Sequence>,
                               std::shared_ptr<const Dict>, std::shared_ptr<Namespace>, std::shared_ptr<Iterator>,
                               std::shared_ptr<Loop>, Macro, Method>;

  Value() = default;
  template <typename T>
    requires std::is_constructible_v<Content, T&&>
  Value(T&& content) : content_(std::forward<T>(content)) {}

  static Value undefined(std::string_view name);
  static Value text(std::string bytes, bool safe = false);
  static Value list(std::vector<Value> items, bool tuple = false);
  static Value dict(Dict dict);
  static Value iterator(std::vector<Value> items);
  static Value method(Value self, std::string_view name);

  template <typename T>
  const T* get() const {
    return std::get_if<T>(&content_);
  }
  // What it points to, or null.
  const Text* as_text() const;
  const Sequence* as_sequence() const;
  const Dict* as_dict() const;
  Namespace* as_namespace() const;
  bool is_undefined() const { return get<Undefined>() != nullptr; }
  bool is_none() const { return get<None>() != nullptr; }
  // bool counts as a number.
  bool is_number() const { return get<bool>() || get<int64_t>() || get<double>(); }
  // Of a bool or an integer.
  const int64_t* as_integer(int64_t& storage) const;
  double as_double() const;

  bool truth() const;
  uint32_t depth() const;
  // "str", "int" …, for messages.
  std::string_view type_name() const;

 private:
  Content content_;
};

bool equal(const Value& left, const Value& right);
// Orders numbers, texts and sequences; false when the two have no order.
bool compare(const Value& left, const Value& right, int& order);

}  // namespace lcr::chat
