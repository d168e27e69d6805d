#include "planner/machine/yaml_read.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <sstream>

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>

namespace lcr {
namespace {

// More than any plan holds; what a file repeats by aliases counts each time.
constexpr int64_t most_entries = 4'000'000;
constexpr size_t most_bytes = size_t{64} << 20;

std::string kind_of(const YAML::Node& node) {
  if (node.IsMap()) return "a map";
  if (node.IsSequence()) return "a list";
  if (node.IsNull()) return "nothing";
  return quoted(node) ? fmt::format("the text \"{}\"", node.Scalar()) : fmt::format("`{}`", node.Scalar());
}

class NoEvents : public YAML::EventHandler {
 public:
  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark&, YAML::anchor_t) override {}
  void OnAlias(const YAML::Mark&, YAML::anchor_t) override {}
  void OnScalar(const YAML::Mark&, const std::string&, YAML::anchor_t, const std::string&) override {}
  void OnSequenceStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnSequenceEnd() override {}
  void OnMapStart(const YAML::Mark&, const std::string&, YAML::anchor_t, YAML::EmitterStyle::value) override {}
  void OnMapEnd() override {}
};

// 0, 1, or 2 for more. YAML::LoadAll never ends where a document begins with a comma: yaml-cpp sees an empty document
// there that takes nothing from the text.
int count_documents(const std::string& text) {
  std::istringstream stream(text);
  YAML::Parser parser(stream);
  NoEvents events;
  int count = 0;
  while (count < 2 && parser.HandleNextDocument(events)) ++count;
  return count;
}

}  // namespace

bool quoted(const YAML::Node& node) { return node.Tag() == "!"; }

// yaml-cpp counts from 0 and gives -1 where it knows no place.
Span YamlReader::span_of(const YAML::Mark& mark) const {
  const auto size = uint32_t(sources_.file(file_).text().size());
  if (mark.pos < 0) return {file_, 0, std::min<uint32_t>(1, size)};
  const uint32_t begin = std::min(uint32_t(mark.pos), size);
  return {file_, begin, std::min(begin + 1, size)};
}

std::optional<YAML::Node> YamlReader::load() {
  const std::string_view text = sources_.file(file_).text();
  if (text.size() > most_bytes) {
    fail(YAML::Node(), fmt::format("the file has {} bytes", text.size()),
         "no file of this kind needs more than 64 MiB");
    return std::nullopt;
  }
  try {
    const int documents = count_documents(std::string(text));
    if (documents == 1) return YAML::Load(std::string(text));
    fail(YAML::Node(), documents == 0 ? "the file is empty" : "the file holds more than one document where one is read");
  } catch (const YAML::Exception& error) {
    failed_ = true;
    diagnostics_.report(code_, span_of(error.mark), "the text is no YAML: " + error.msg);
  }
  return std::nullopt;
}

void YamlReader::fail(const YAML::Node& node, std::string message, std::string help) {
  // One damaged place can make very many findings; the first few say it.
  if (failed_ && diagnostics_.size() > 20) return;
  failed_ = true;
  Diagnostic& diagnostic = diagnostics_.report(code_, span_of(node.Mark()), std::move(message));
  if (!help.empty()) diagnostic.help(std::move(help));
}

bool YamlReader::count(const YAML::Node& node, int64_t entries) {
  entries_ += std::min(entries, most_entries + 1);
  if (entries_ <= most_entries) return true;
  fail(node, fmt::format("the file has more than {} entries", most_entries));
  return false;
}

bool YamlReader::is_map(const YAML::Node& node, std::string_view what) {
  if (node.IsMap()) return count(node, int64_t(node.size()));
  fail(node, fmt::format("`{}` is {} where a map stands", what, kind_of(node)));
  return false;
}

bool YamlReader::is_list(const YAML::Node& node, std::string_view what) {
  if (node.IsSequence()) return count(node, int64_t(node.size()));
  fail(node, fmt::format("`{}` is {} where a list stands", what, kind_of(node)));
  return false;
}

// Decimal digits only: no octal, no underscores, nothing that another reader could take for another number.
int64_t YamlReader::integer(const YAML::Node& node, std::string_view what, int64_t low, int64_t high) {
  int64_t value = 0;
  if (node.IsScalar() && !quoted(node)) {
    const std::string& text = node.Scalar();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && value >= low && value <= high) return value;
  }
  fail(node, fmt::format("`{}` is {} where a whole number from {} to {} stands", what, kind_of(node), low, high));
  return low;
}

double YamlReader::number(const YAML::Node& node, std::string_view what, double low, double high) {
  double value = 0;
  if (node.IsScalar() && !quoted(node)) {
    const std::string& text = node.Scalar();
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error == std::errc() && end == text.data() + text.size() && std::isfinite(value) && value >= low &&
        value <= high)
      return value;
  }
  fail(node, fmt::format("`{}` is {} where a number from {} to {} stands", what, kind_of(node), low, high));
  return low;
}

bool YamlReader::boolean(const YAML::Node& node, std::string_view what) {
  if (node.IsScalar() && !quoted(node) && (node.Scalar() == "true" || node.Scalar() == "false"))
    return node.Scalar() == "true";
  fail(node, fmt::format("`{}` is {} where `true` or `false` stands", what, kind_of(node)));
  return false;
}

std::string YamlReader::text(const YAML::Node& node, std::string_view what) {
  if (node.IsScalar()) return node.Scalar();
  fail(node, fmt::format("`{}` is {} where a text stands", what, kind_of(node)));
  return {};
}

std::vector<std::string> YamlReader::texts(const YAML::Node& node, std::string_view what) {
  std::vector<std::string> list;
  if (!is_list(node, what)) return list;
  list.reserve(node.size());
  for (const YAML::Node& item : node) list.push_back(text(item, what));
  return list;
}

YamlMap::YamlMap(YamlReader& reader, const YAML::Node& node, std::string_view what)
    : reader_(reader), node_(node), what_(what) {
  if (!reader.is_map(node, what)) return;
  for (const auto& entry : node) {
    const std::string key = reader.text(entry.first, what);
    const bool twice =
        std::any_of(entries_.begin(), entries_.end(), [&](const auto& known) { return known.first == key; });
    if (twice) {
      reader.fail(entry.first, fmt::format("`{}` stands twice in `{}`", key, what));
    } else {
      entries_.emplace_back(key, entry.second);
    }
  }
}

std::optional<YAML::Node> YamlMap::optional(std::string_view key) {
  asked_.emplace_back(key);
  for (const auto& [name, value] : entries_)
    if (name == key) return value;
  return std::nullopt;
}

std::optional<YAML::Node> YamlMap::required(std::string_view key) {
  auto value = optional(key);
  if (!value && node_.IsMap()) reader_.fail(node_, fmt::format("`{}` has no `{}`", what_, key));
  return value;
}

void YamlMap::close() {
  for (const auto& [name, value] : entries_) {
    if (std::find(asked_.begin(), asked_.end(), name) != asked_.end()) continue;
    const std::string near = nearest(name, asked_);
    reader_.fail(value, fmt::format("`{}` is no key of `{}`", name, what_),
                 near.empty() ? std::string() : fmt::format("did you mean `{}`?", near));
  }
}

int64_t YamlMap::integer(std::string_view key, int64_t low, int64_t high) {
  const auto node = required(key);
  return node ? reader_.integer(*node, key, low, high) : low;
}

double YamlMap::number(std::string_view key, double low, double high) {
  const auto node = required(key);
  return node ? reader_.number(*node, key, low, high) : low;
}

bool YamlMap::boolean(std::string_view key) {
  const auto node = required(key);
  return node && reader_.boolean(*node, key);
}

std::string YamlMap::text(std::string_view key) {
  const auto node = required(key);
  return node ? reader_.text(*node, key) : std::string();
}

std::vector<std::string> YamlMap::texts(std::string_view key) {
  const auto node = required(key);
  return node ? reader_.texts(*node, key) : std::vector<std::string>();
}

}  // namespace lcr
