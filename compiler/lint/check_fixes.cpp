#include "compiler/lint/check_fixes.h"

#include <algorithm>
#include <map>

#include <fmt/format.h>

#include "compiler/diagnostics/codes/names.h"
#include "compiler/diagnostics/codes/precision.h"
#include "compiler/diagnostics/codes/selection.h"
#include "compiler/lint/edits.h"

namespace lcr {
namespace {

// One finding, its text and the statement in which it stands.
struct Place {
  const Sources& sources;
  const syntax::File& file;
  Diagnostic& diagnostic;
  Span span;
  const syntax::Statement* statement = nullptr;

  std::string_view text() const { return sources.text(span); }
  const Datum* datum(std::string_view key) const {
    for (const auto& [name, value] : diagnostic.data)
      if (name == key) return &value;
    return nullptr;
  }
  void fix(std::string title, Applicability applicability, Span at, std::string replacement) const {
    diagnostic.fix({std::move(title), applicability, {{at, std::move(replacement)}}});
  }
  // The selection in parentheses, unless it is one term.
  std::string grouped() const {
    const std::string_view whole = text();
    const bool single = whole.find_first_of("|&") == std::string_view::npos &&
                        whole.find(" except ") == std::string_view::npos && !whole.starts_with("optional");
    return single ? std::string(whole) : fmt::format("({})", whole);
  }
};

void mend_empty(const Place& at) {
  // One term; a combination of terms has no single way out.
  if (!at.text().ends_with('`') || at.text().find(' ') != std::string_view::npos) return;
  const bool regex = at.text().starts_with("re");
  if (const auto* suggestion = at.datum("suggestion"); suggestion != nullptr && !regex) {
    const std::string path = "`" + std::get<std::string>(*suggestion) + "`";
    at.fix(fmt::format("write {}", path), Applicability::Unsafe, at.span, path);
  }
  at.fix("allow it to be absent: `optional`", Applicability::Unsafe, before(at.span), "optional ");
}

void mend_count(const Place& at) {
  const auto* matched = at.datum("matched");
  if (matched == nullptr) return;
  const std::string count = std::to_string(std::get<int64_t>(*matched));
  at.fix(fmt::format("write `expect {}`", count), Applicability::Unsafe, at.span, count);
}

void make_override(const Place& at) {
  if (at.statement == nullptr || at.statement->overriding) return;
  at.fix("make it an `override`", Applicability::Unsafe, before(at.statement->span), "override ");
}

void make_plain(const Place& at) {
  if (at.statement == nullptr || !at.statement->overriding) return;
  const std::string_view text = at.sources.text(at.statement->span);
  const size_t end = text.find_first_not_of(" \t\r\n", std::string_view("override").size());
  if (end == std::string_view::npos) return;
  const Span word{at.span.file, at.statement->span.begin, at.statement->span.begin + static_cast<uint32_t>(end)};
  at.fix("make it a plain rule", Applicability::Unsafe, word, "");
}

void leave_out_safely(const Place& at) {
  if (at.statement != nullptr) at.diagnostic.fix(remove_statement(at.sources, at.statement->span, Applicability::Safe));
}

void leave_out(const Place& at) {
  if (at.statement != nullptr)
    at.diagnostic.fix(remove_statement(at.sources, at.statement->span, Applicability::Unsafe));
}

void spare_routers(const Place& at) {
  at.fix("leave the routers out", Applicability::Unsafe, at.span, at.grouped() + " except role(router)");
}

void linear_only(const Place& at) {
  at.fix("take linear layers only", Applicability::Unsafe, at.span, fmt::format("type(linear) & {}", at.grouped()));
}

void add_default(const Place& at) {
  if (at.diagnostic.message.find("no rule names") == std::string::npos) return;
  at.fix("add `default keep`", Applicability::Unsafe, after(at.file.header.span), "\n\ndefault keep");
}

void add_rtn(const Place& at) {
  at.fix("round to nearest: `with rtn`", Applicability::Unsafe, after(at.span), " with rtn");
}

using Mend = void (*)(const Place&);
const std::map<Code, Mend>& mends() {
  static const std::map<Code, Mend> table = {
      {codes::L2004, add_default},      {codes::L2061, leave_out_safely}, {codes::L2063, leave_out},
      {codes::L3001, mend_empty},       {codes::L3002, make_override},    {codes::L3003, make_plain},
      {codes::L3004, leave_out_safely}, {codes::L3005, mend_count},       {codes::L3013, make_override},
      {codes::L4020, add_rtn},          {codes::L4052, spare_routers},    {codes::L4053, linear_only},
      {codes::L4054, linear_only},      {codes::L4057, leave_out},        {codes::L4059, leave_out},
  };
  return table;
}

}  // namespace

void add_fixes(const Sources& sources, const syntax::File& file, Diagnostic& diagnostic) {
  const auto mend = mends().find(diagnostic.code);
  const Span span = diagnostic.span();
  if (mend == mends().end() || span.file != file.id || !diagnostic.fixes.empty()) return;
  const auto holds = [&](const syntax::Statement& statement) {
    return statement.span.begin <= span.begin && span.end <= statement.span.end;
  };
  const auto statement = std::find_if(file.statements.begin(), file.statements.end(), holds);
  mend->second({sources, file, diagnostic, span, statement == file.statements.end() ? nullptr : &*statement});
}

}  // namespace lcr
