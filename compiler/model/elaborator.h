#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "compiler/diagnostics/diagnostic.h"
#include "compiler/model/description.h"
#include "compiler/model/scope.h"
#include "compiler/model/term.h"

namespace lcr::elaboration {

// A template that is being made.
struct Maker {
  Template result;
  std::string prefix;  // path of the block instance being expanded, relative to the template's
  Term outcome;        // what the body yields
};

// Where an expression is evaluated. In a configuration, names that are not declared are keys of config.json.
struct Frame {
  Locals& locals;
  const Scope& scope;
  bool config = false;
};

// Runs a description on a configuration: evaluates its definitions and expands its model into templates. Each
// distinct layer and expert is expanded once. Errors are reported once each and poison what depends on them.
class Elaborator {
 public:
  Elaborator(Descriptions& descriptions, const Checkpoint& checkpoint, Diagnostics& diagnostics);

  // False when something was reported.
  bool run(const Description& description, const Json& config);

  const Scope& scope() const { return *root_; }
  std::vector<std::unique_ptr<Maker>>& templates() { return makers_; }
  std::vector<std::string>& streams() { return streams_; }
  // Paths of the keys that were read, "text_config.hidden_size".
  const std::set<std::string>& read_keys() const { return read_; }

  // evaluate.cpp
  Term evaluate(const syntax::Graph& graph, Frame& frame);
  // The text of a path with its `{…}` evaluated; the number of an expert gives "{}".
  std::optional<std::string> path_text(const syntax::Path& path, Frame& frame);

  // For operations.
  uint32_t current() const { return current_; }
  Maker& maker() { return *makers_[current_]; }
  const Value& value(const Flow& flow) const { return makers_[flow.maker]->result.values[flow.id]; }
  uint16_t stream(const std::string& name);
  // Adds a node that makes the given values, and gives them.
  std::vector<Flow> emit(Node node, std::vector<Value> outputs);
  // Adds the module that a node owns; reports a path that is taken.
  uint32_t own(const std::string& path, TemplateModule module, Span span);
  // Whether the checkpoint holds a tensor of that name.
  bool stored(std::string_view tensor) const { return checkpoint_.find(tensor) >= 0; }
  // Reports once for each code and place; the result is poison.
  Term fail(Code code, Span span, std::string message, std::vector<std::string> helps = {});

 private:
  // scope.cpp
  std::unique_ptr<Scope> open(const Description& description, const Json& config, std::string root);
  bool open_part(Scope& scope, const syntax::Part& part);
  bool define(Scope& scope, const syntax::Setting& setting);
  const Scope& library(const Description& description);
  Term key(const Scope& scope, std::string_view name);

  // evaluate.cpp
  Term name(const syntax::Graph& graph, Frame& frame);
  Term member(const syntax::Graph& graph, Frame& frame);
  Term index(const syntax::Graph& graph, Frame& frame);
  Term binary(const syntax::Graph& graph, Frame& frame);
  Term unary(const syntax::Graph& graph, Frame& frame);
  Term choice(const syntax::Graph& graph, Frame& frame);
  Term combine_flows(const syntax::Graph& graph, const Term& a, const Term& b);
  std::optional<bool> truth(const syntax::Graph& graph, Frame& frame);
  std::optional<int64_t> whole(const syntax::Graph& graph, Frame& frame, std::string_view what);
  std::optional<Dims> dimensions(const syntax::Shape::Output& shape, Frame& frame);

  // statements.cpp: what a body yields; `Missing` when it yields nothing.
  Term run_body(const syntax::Body& body, Frame& frame);
  Term run_bare(const syntax::Body& body, Frame& frame);
  bool run_step(const syntax::Step& step, Frame& frame, Term& yielded);
  void assign(const syntax::Step& step, Frame& frame);
  bool repeat(const syntax::Step& step, Frame& frame, Term& yielded);
  void unused(const syntax::Step& step, Frame& frame);
  bool run_model(const Description& description);

  // calls.cpp
  Term call(const syntax::Graph& graph, Frame& frame);
  Term call_operation(const syntax::Graph& graph, Frame& frame);
  Term call_block(const syntax::Graph& graph, const Description::Block& block, const Scope& scope, Frame& frame);
  bool bind(const syntax::Graph& graph, const Description::Block& block, const Scope& scope, Frame& frame,
            Locals& locals);
  bool bind_shape(const syntax::Graph& graph, const syntax::Parameter& parameter, const Flow& flow, Frame& inner,
                  std::map<std::string, uint16_t>& streams);
  Term expand(const Description::Block& block, const std::optional<std::string>& path, Frame& inner);

  // templates.cpp
  Term call_layer(const syntax::Graph& graph, const Description::Block& block, const std::string& path, Frame& inner);
  Term dispatch(const syntax::Graph& graph, Frame& frame);

  Descriptions& descriptions_;
  const Checkpoint& checkpoint_;
  Diagnostics& diagnostics_;
  std::unique_ptr<Scope> root_;
  std::map<const Description*, std::unique_ptr<Scope>> libraries_;
  std::vector<std::unique_ptr<Maker>> makers_;
  std::map<std::string, TemplateId> layers_;  // by key
  std::vector<std::string> streams_;
  std::set<std::string> read_;
  std::set<std::pair<Code, std::pair<uint32_t, uint32_t>>> reported_;
  uint32_t current_ = 0;
  Role written_ = Role::None;  // by the `role` annotations around
  int64_t layer_ = -1;         // number of the outermost repeat's round
  int depth_ = 0;              // of expressions and blocks
  bool unused_ = false;
  bool in_expert_ = false;
};

std::string joined_path(std::string_view prefix, std::string_view path);

}  // namespace lcr::elaboration
