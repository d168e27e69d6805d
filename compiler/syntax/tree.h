#pragma once

#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "compiler/source/source.h"

// The syntax tree: what the text says, with a span on every node, before any name has a meaning. Values own their
// children; nothing points into parser structures. Grammar: grammar/Lcr.g4 (rule names are the type names here).
namespace lcr::syntax {

struct Name {
  std::string text;
  Span span;
};

// The text between backticks, or between quotes with escapes resolved. The span includes the quotes.
struct Path {
  std::string text;
  Span span;
};
struct Text {
  std::string text;
  Span span;
};

// ---- values and selections of recipes

struct Value;

struct Argument {
  std::optional<Name> name;
  std::vector<Value> value;  // exactly one
};

// `name` or `name(arguments)`; `called` tells `gptq()` from `gptq`.
struct Call {
  Name name;
  bool called = false;
  std::vector<Argument> arguments;
};

// `42` and `1e-6`; `text` is the spelling. Negative numbers carry their sign.
struct Number {
  double value = 0;
  std::string text;
};

// `80GiB`, `1%`: number and unit as written.
struct Quantity {
  double value = 0;
  std::string number;
  std::string unit;
};

// `a..b by c` of layers(...) and cuda(...); one bound alone has first == last and single = true.
struct Range {
  int64_t first = 0;
  int64_t last = 0;
  int64_t step = 1;
  bool single = false;
  Span span;
};

struct List {
  std::vector<Value> items;
};
struct Optional {
  std::vector<Value> operand;  // exactly one
};
struct Group {
  std::vector<Value> operand;  // exactly one: the parentheses of the text
};
struct Layers {
  std::vector<Range> ranges;
};
struct Regex {
  std::string pattern;
};

// `in % 128 == 0`
struct Arithmetic;
struct Comparison {
  std::string comparator;
  std::vector<Arithmetic> sides;  // exactly two
  Span span;
};
struct Arithmetic {
  enum class Kind { Name, Number, Binary };
  Kind kind = Kind::Number;
  std::string text;      // the name, or the operator + - * / %
  double number = 0;
  std::vector<Arithmetic> operands;  // two for Binary
  Span span;
};
struct Where {
  Comparison comparison;
};

// `a | b | c`: operands.size() == operators.size() + 1; operators are "|", "&" or "except", as written. Mixed
// operators without parentheses are possible here and refused by the binder.
struct Operation {
  std::vector<Value> operands;
  std::vector<Name> operators;
};

struct Value {
  Span span;
  std::variant<Call, List, Optional, Group, Layers, Where, Operation, syntax::Path, Regex, Text, Number, Quantity> node;
};

// ---- statements of recipes, presets, libraries, machines

struct Imported {
  Name name;
  std::optional<Name> alias;
};
struct Use {
  std::vector<Name> module;         // std.roles, or
  std::optional<Text> file;         // "team.lcr"
  std::vector<Imported> imported;
};
struct Extends {
  std::vector<Name> preset;
  bool called = false;
  std::vector<Argument> arguments;
};
struct Param {
  Name name;
  Name type;
  std::optional<Value> value;
};
struct Select {
  Name name;
  Value value;
  std::optional<int64_t> expect;
  Span expect_span;
};
// `name = value`, `name <= value over selection`
struct Field {
  Name name;
  std::string relation;  // "=", "<=", ">="
  Value value;
  std::optional<Value> over;
  Span span;
};
struct Fields {
  std::vector<Field> fields;
  Span span;
};
struct Scheme {
  Name name;
  Fields fields;
};
struct Stack {
  std::vector<Call> calls;  // at least one
  Span span;
};
struct Method {
  Name name;
  Stack stack;
};
struct Default {
  bool keep = true;  // else refuse
};
struct Keep {
  Value selection;
};
struct Candidate {
  std::optional<Value> precision;  // absent: keep
  std::optional<Stack> stack;
  Span span;
};
struct Quantize {
  Value selection;
  std::optional<Value> precision;      // absent: auto
  std::vector<Candidate> candidates;   // of auto
  std::optional<Stack> stack;
  Span precision_span;
};
struct Prune {
  Value selection;
  bool by = true;                          // else to
  std::optional<Value> share;              // 25%
  std::optional<std::pair<int64_t, int64_t>> pattern;  // 2:4
  Span amount_span;
  std::optional<Call> call;
};
struct Transform {
  Call call;
  std::optional<Value> on;
};
struct Untie {
  Value selection;
};
struct Dequantize {
  Value selection;
};
struct Calibrate {
  Fields fields;
};
struct Budget {
  Fields fields;
};
struct Serve {
  Name server;
  Fields fields;
};
struct Export {
  Name format;
  Fields fields;
};
struct Place {
  enum class Kind { Device, Host, Disk };
  Kind kind;
  std::optional<Name> device;      // cuda
  std::vector<Range> ids;
  std::optional<Text> path;        // of a disk
  Fields fields;
  Span span;
};
struct Schedule {
  std::vector<std::variant<Place, Field>> items;
};

// ---- graph expressions of architecture files

struct Graph;
struct Body;

struct GraphArgument {
  std::optional<Name> name;
  std::vector<Graph> value;  // exactly one
};

// `-> hidden`, `-> [heads, d]`, `-> (a, [b, c])`. One output: `outputs` has one entry.
struct Shape {
  struct Output {
    std::vector<Graph> dimensions;
    bool bracketed = false;
  };
  std::vector<Output> outputs;
  bool parenthesized = false;
  Span span;
};

// `over e in 0..<E { … }`
struct Over {
  Name variable;
  std::vector<Graph> bounds;  // exactly two: low, high (exclusive)
  std::vector<Body> body;     // exactly one
};

struct Graph {
  enum class Kind {
    Operation,   // name `path` (arguments): `called`; or a bare name
    Text,
    Number,
    List,        // operands
    Member,      // operand . name, `called` with arguments when a part's block is called
    Index,       // operands[0] [ operands[1] ]
    Negate,      // operands[0]
    Not,         // operands[0]
    Binary,      // + - * / % == != < <= > >= in, `not in`, and, or, default
    Choice,      // if operands[0] bodies[0] else bodies[1]
  };
  Kind kind = Kind::Number;
  Span span;
  std::string text;      // name, text, operator, or the spelling of the number
  double number = 0;
  bool called = false;
  std::optional<Path> path;
  std::vector<GraphArgument> arguments;
  std::vector<Graph> operands;
  std::vector<Body> bodies;
  bool grouped = false;  // in parentheses in the text
  // Annotations.
  std::optional<Shape> shape;
  std::optional<Name> role;
  std::vector<Over> over;  // zero or one
};

struct Target {
  Name name;
  std::optional<Name> index;  // `seen[i]`, `kind[i]`
};

struct Step {
  enum class Kind { Assign, Yield, Unused, Repeat, If };
  Kind kind = Kind::Yield;
  Span span;
  std::vector<Target> targets;   // Assign
  std::vector<Graph> values;     // Assign: one; Yield: one or more; Unused: one; Repeat: low, high; If: the condition
  std::optional<Name> variable;  // Repeat
  std::vector<Body> bodies;      // Repeat: one; If: one or two (`else if` is a body of one If step)
};

// Steps; a bare result `{ expression }` is one Yield step with `bare` set.
struct Body {
  std::vector<Step> steps;
  bool bare = false;
  Span span;
};

// ---- statements of architecture files

struct Part {
  Name name;
  Name at;
  std::optional<Name> fallback;  // `or root`
  std::vector<Text> is;
};
struct Setting {
  std::optional<Target> target;  // absent: require
  Graph value;
  std::optional<Text> message;   // of require
  Span span;
};
struct Config {
  std::vector<Setting> settings;
};
struct Parameter {
  Name name;
  std::vector<Shape> shape;   // zero or one; else `type`
  std::optional<Name> type;
  std::vector<Graph> value;   // zero or one: the default
  Span span;
};
struct Block {
  Name name;
  std::vector<Parameter> parameters;
  Body body;
};
struct Model {
  std::vector<Parameter> parameters;
  Body body;
};
struct Tie {
  Path tensor;
  Path to;
  std::optional<Graph> when;
};
struct Copy {
  bool drop = false;
  Path path;
  std::optional<Name> role;
  std::optional<Graph> when;
};
struct Names {
  std::vector<std::vector<Path>> rows;
};
struct Fused {
  Name name;
  std::vector<Path> members;
};
// One index of `[e][0..<inner by 2, *]`; an absent low is `*`, an absent high is a single index.
struct Slice {
  std::vector<Graph> low;
  std::vector<Graph> high;
  int64_t step = 1;
  Span span;
};
struct View {
  std::vector<Slice> slices;     // or
  std::optional<Name> property;  // .transposed
};
struct LayoutRow {
  Path tensor;
  std::optional<Name> codec;
  std::vector<Path> sources;
  std::vector<View> views;
  Span span;
};
struct Layout {
  Text title;
  std::vector<LayoutRow> rows;
};

// ---- statements of serving files

struct Accept {
  Name name;
  Value selection;
  Fields fields;
};
struct Require {
  std::variant<Comparison, Call> condition;
  Value selection;
  std::optional<Fields> when;
  Text message;
};

// ---- files

struct Statement {
  Span span;
  bool overriding = false;  // `override` stands before it
  std::string doc;          // text of the `##` lines right above, joined by newlines, without the marks
  std::variant<Use, Extends, Param, Select, Scheme, Method, Calibrate, Transform, Default, Keep, Quantize, Prune, Untie,
               Dequantize, Budget, Serve, Schedule, Export, Part, Config, Block, Model, Tie, Copy, Names, Fused, Layout,
               Accept, Require>
      node;
};

enum class FileKind { None, Recipe, Preset, Library, Architecture, Serving, Machine };

struct Header {
  FileKind kind = FileKind::None;
  Span span;
  std::string name;  // the string of a recipe, else the name
  Span name_span;
  std::vector<Text> classes;  // architecture: for [...]
  std::vector<Text> types;    // architecture: type [...]
  std::string since;          // serving
  std::string doc;
};

// A comment with its marks; `own_line` when nothing but space stands before it.
struct Comment {
  Span span;
  std::string text;
  bool doc = false;
  bool own_line = true;
};

// One parsed file. After syntax errors it holds every statement that could be read.
struct File {
  uint32_t id = 0;  // in the Sources
  int language = 0;
  Span language_span;
  Header header;
  std::vector<Statement> statements;
  std::vector<Comment> comments;  // in order
};

}  // namespace lcr::syntax
