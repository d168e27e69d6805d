#include <memory>

#include <fmt/core.h>

#include "cli/commands.h"
#include "cli/output.h"
#include "compiler/lint/page.h"
#include "docs/explanations.h"

namespace lcr::cli {

namespace {

// For the repository: docs/rules as it should be.
void write_pages(Session& session, const std::string& folder) {
  write_file(session, folder + "/README.md", rule_index());
  for (const LintRule& rule : lint_rules()) {
    const CodeInfo& code = info(rule.code);
    write_file(session, fmt::format("{}/{}.md", folder, code.name), rule_page(rule, explanation(code.id)));
  }
}

}  // namespace

void add_rules(CLI::App& app, Session& session) {
  auto format = std::make_shared<std::string>("text");
  auto pages = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("rules", "list the lint rules");
  command->add_option("--format", *format, "how to print them")
      ->check(CLI::IsMember({"text", "json"}))
      ->type_name("FORMAT");
  command->add_option("--pages", *pages, "write their pages into this folder")->type_name("DIR")->group("");
  command->callback([format, pages, &session] {
    if (pages->empty()) fmt::print("{}", *format == "json" ? rules_json() : rules_text());
    else write_pages(session, *pages);
    session.exit_code = session.finish();
  });
}

}  // namespace lcr::cli
