#include <algorithm>
#include <map>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include "compiler/diagnostics/codes/import.h"
#include "compiler/import/node.h"

namespace lcr::foreign {
namespace {

constexpr size_t most_bytes = size_t{4} << 20;
// Aliases count as often as they are used.
constexpr size_t most_nodes = 200'000;
constexpr size_t most_depth = 64;

// Ends the reading of a text about which something was reported.
struct Stop {};

// Where the YAML of a text begins and ends: all of it, or what stands between two lines `---` of a Markdown text.
std::pair<uint32_t, uint32_t> yaml_part(std::string_view text, std::string_view name) {
  const bool markdown = name.ends_with(".md") || name.ends_with(".markdown");
  if (!markdown || !text.starts_with("---\n")) return {0, uint32_t(text.size())};
  const size_t end = text.find("\n---", 3);
  return {4, uint32_t(end == std::string_view::npos ? text.size() : end + 1)};
}

// Builds the nodes of one document from the parser's events.
class Builder final : public YAML::EventHandler {
 public:
  Builder(const Sources& sources, uint32_t file, uint32_t offset, Diagnostics& diagnostics)
      : sources_(sources), file_(file), offset_(offset), diagnostics_(diagnostics) {}

  Node take() { return std::move(root_); }
  Span span(const YAML::Mark& mark, size_t length = 1) const {
    const auto size = uint32_t(sources_.file(file_).text().size());
    const uint32_t begin = std::min(offset_ + uint32_t(std::max(mark.pos, 0)), size);
    return {file_, begin, uint32_t(std::min<size_t>(begin + length, size))};
  }

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    leaf({Node::Kind::Null, {}, false, span(mark), {}, {}}, anchor);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const auto control = [](unsigned char c) { return (c < 0x20 && c != '\n' && c != '\t') || c == 0x7f; };
    if (std::any_of(value.begin(), value.end(), control)) stop(mark, "a text holds a control character");
    const bool quoted = tag == "!";
    Node node{Node::Kind::Scalar, value, quoted, span(mark, value.size() + (quoted ? 2 : 0)), {}, {}};
    if (!quoted && (value.empty() || value == "~" || value == "null" || value == "Null" || value == "NULL"))
      node.kind = Node::Kind::Null;
    leaf(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(Node::Kind::List, mark, anchor);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string&, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(Node::Kind::Map, mark, anchor);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    // An anchor that is still open would hold itself.
    if (found == anchors_.end()) stop(mark, "an alias stands within what it names");
    count(found->second, mark);
    add(Node(found->second));
  }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor;
    std::optional<Node> key;
  };

  [[noreturn]] void stop(const YAML::Mark& mark, std::string message) {
    diagnostics_.report(codes::L7050, span(mark), std::move(message));
    throw Stop();
  }
  void count(const Node& node, const YAML::Mark& mark) {
    if (++nodes_ > most_nodes)
      stop(mark, fmt::format("the text has more than {} values, those of aliases included", most_nodes));
    for (const Node& item : node.items) count(item, mark);
    for (const auto& [key, value] : node.members) count(value, mark);
  }
  void leaf(Node node, YAML::anchor_t anchor) {
    if (++nodes_ > most_nodes) {
      diagnostics_.report(codes::L7050, node.span, fmt::format("the text has more than {} values", most_nodes));
      throw Stop();
    }
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
    add(std::move(node));
  }
  void open(Node::Kind kind, const YAML::Mark& mark, YAML::anchor_t anchor) {
    if (open_.size() >= most_depth) stop(mark, fmt::format("the text nests more than {} levels deep", most_depth));
    open_.push_back({{kind, {}, false, span(mark), {}, {}}, anchor, {}});
  }
  void close() {
    Open done = std::move(open_.back());
    open_.pop_back();
    merge(done.node);
    if (done.anchor != YAML::NullAnchor) anchors_[done.anchor] = done.node;
    add(std::move(done.node));
  }
  void add(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == Node::Kind::List) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.key) {
      if (node.kind == Node::Kind::List || node.kind == Node::Kind::Map) {
        diagnostics_.report(codes::L7050, node.span, "a key of a map is itself a map or a list");
        throw Stop();
      }
      parent.key = std::move(node);
    } else {
      add_member(parent.node, std::move(*parent.key), std::move(node));
      parent.key.reset();
    }
  }
  void add_member(Node& map, Node key, Node value) {
    if (map.find(key.text) != nullptr) {
      diagnostics_.report(codes::L7050, key.span, fmt::format("the key `{}` stands twice in one map", key.text))
          .note("readers take the last one and say nothing")
          .help("keep the one that is meant");
      throw Stop();
    }
    map.members.emplace_back(std::move(key), std::move(value));
  }
  // `<<: *base`, `<<: [*a, *b]`: what the map itself says wins, then the earlier of the list.
  void merge(Node& map) {
    const auto found = std::find_if(map.members.begin(), map.members.end(), [](const auto& member) {
      return member.first.text == "<<" && !member.first.quoted;
    });
    if (found == map.members.end()) return;
    const Node from = std::move(found->second);
    map.members.erase(found);
    const std::vector<Node> one = {from};
    for (const Node& base : from.kind == Node::Kind::List ? from.items : one) {
      if (base.kind != Node::Kind::Map) {
        diagnostics_.report(codes::L7050, from.span, fmt::format("`<<` merges maps, and this is {}", describe(base)));
        throw Stop();
      }
      for (const auto& member : base.members)
        if (map.find(member.first.text) == nullptr) map.members.push_back(member);
    }
  }

  const Sources& sources_;
  uint32_t file_, offset_;
  Diagnostics& diagnostics_;
  Node root_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  size_t nodes_ = 0;
};

}  // namespace

std::optional<Node> read_node(const Sources& sources, uint32_t file, Diagnostics& diagnostics) {
  const SourceFile& source = sources.file(file);
  const auto [begin, end] = yaml_part(source.text(), source.name());
  if (end - begin > most_bytes) {
    diagnostics.report(codes::L7050, Span{file, 0, 1},
                       fmt::format("the text has {} bytes, and no recipe needs more than 4 MiB", end - begin));
    return std::nullopt;
  }
  std::istringstream stream(std::string(source.text().substr(begin, end - begin)));
  Builder builder(sources, file, begin, diagnostics);
  try {
    YAML::Parser parser(stream);
    if (parser.HandleNextDocument(builder)) {
      Node root = builder.take();
      if (!parser.HandleNextDocument(builder)) return root;
      diagnostics.report(codes::L7050, Span{file, begin, begin + 1},
                         "the text holds several documents where one is read");
      return std::nullopt;
    }
    diagnostics.report(codes::L7050, Span{file, begin, begin}, "the text is empty");
  } catch (const YAML::Exception& error) {
    diagnostics.report(codes::L7050, builder.span(error.mark), "the text is neither YAML nor JSON: " + error.msg);
  } catch (const Stop&) {
  }
  return std::nullopt;
}

}  // namespace lcr::foreign
