#include "compiler/model/embedded.h"

#include <cctype>
#include <cstdlib>

namespace lcr::elaboration {
namespace {

using syntax::Graph;

// Recursive descent over one short text; depth is bounded by its length, which the lexer bounds.
struct Reader {
  std::string_view text;
  Span span;
  size_t at = 0;
  int depth = 0;

  char next() {
    while (at < text.size() && text[at] == ' ') ++at;
    return at < text.size() ? text[at] : '\0';
  }

  Graph node(Graph::Kind kind, std::string spelling) const {
    Graph graph;
    graph.kind = kind;
    graph.span = span;
    graph.text = std::move(spelling);
    return graph;
  }

  std::optional<Graph> binary(std::string_view operators, std::optional<Graph> (Reader::*operand)()) {
    auto left = (this->*operand)();
    while (left && next() != '\0' && operators.find(next()) != std::string_view::npos) {
      Graph joined = node(Graph::Kind::Binary, std::string(1, text[at++]));
      auto right = (this->*operand)();
      if (!right) return std::nullopt;
      joined.operands.push_back(std::move(*left));
      joined.operands.push_back(std::move(*right));
      left = std::move(joined);
    }
    return left;
  }
  std::optional<Graph> sum() { return binary("+-", &Reader::product); }
  std::optional<Graph> product() { return binary("*/%", &Reader::atom); }

  std::optional<Graph> atom() {
    const char first = next();
    const size_t begin = at;
    if (first == '(') {
      if (++depth > 32) return std::nullopt;
      ++at;
      auto inner = sum();
      if (!inner || next() != ')') return std::nullopt;
      ++at;
      return inner;
    }
    const bool digits = std::isdigit(static_cast<unsigned char>(first)) != 0;
    if (!digits && !std::isalpha(static_cast<unsigned char>(first)) && first != '_') return std::nullopt;
    auto within = [&](char c) {
      const auto u = static_cast<unsigned char>(c);
      return digits ? std::isdigit(u) != 0 : std::isalnum(u) != 0 || c == '_';
    };
    while (at < text.size() && within(text[at])) ++at;
    Graph graph =
        node(digits ? Graph::Kind::Number : Graph::Kind::Operation, std::string(text.substr(begin, at - begin)));
    if (digits) graph.number = std::strtod(graph.text.c_str(), nullptr);
    return graph;
  }
};

}  // namespace

std::optional<Graph> parse_embedded(std::string_view text, Span span) {
  Reader reader{text, span};
  auto graph = reader.sum();
  if (!graph || reader.next() != '\0') return std::nullopt;
  return graph;
}

std::optional<std::vector<std::string>> cut_at_braces(std::string_view path) {
  std::vector<std::string> pieces(1);
  bool inside = false;
  for (char c : path) {
    if (c == '{' || c == '}') {
      if (inside == (c == '{')) return std::nullopt;
      inside = !inside;
      pieces.emplace_back();
    } else {
      pieces.back() += c;
    }
  }
  if (inside) return std::nullopt;
  return pieces;
}

}  // namespace lcr::elaboration
