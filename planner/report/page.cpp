#include "planner/report/page.h"

#include <fmt/format.h>

#include "planner/report/drawings.h"

namespace lcr {
namespace {

constexpr std::string_view style = R"(
:root { color-scheme: light dark; --ink: #1b2330; --soft: #5d6878; --paper: #ffffff;
  --line: #dde2e9; --bar: #7d96c4; --mean: #1b2330; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6eaf0; --soft: #98a3b3; --paper: #14181f;
    --line: #303846; --bar: #5f7fb8; --mean: #f0f3f7; }
}
body { font: 15px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 980px;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.6rem; margin: 0 0 .2rem; }
h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
h3 { font-size: .95rem; color: var(--soft); margin: 1.2rem 0 .3rem; }
p.lead { color: var(--soft); margin: 0 0 1rem; }
table { border-collapse: collapse; width: 100%; margin-bottom: .8rem; font-size: 13.5px; }
td, th { border-bottom: 1px solid var(--line); padding: .3rem .7rem .3rem 0; text-align: left; vertical-align: top; }
.n + td, .n + th { padding-left: 1rem; }
table.facts th { width: 10rem; }
th { color: var(--soft); font-weight: 600; } td.n, th.n { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
code, pre { font: 12.5px/1.45 ui-monospace, monospace; overflow-wrap: anywhere; }
pre { border: 1px solid var(--line); border-radius: 6px; padding: .7rem; overflow-x: auto; }
svg { width: 100%; height: auto; display: block; }
svg text { font: 11px ui-monospace, monospace; fill: var(--soft); }
svg text.on { fill: #10151c; }
.grid { stroke: var(--line); } .largest { fill: var(--bar); } .mean { stroke: var(--mean); stroke-width: 2; }
.held { fill: var(--bar); opacity: .25; } polyline.now { fill: none; stroke: var(--bar); stroke-width: 2; }
circle.now { fill: var(--bar); } .planned { stroke-dasharray: 6 4; }
.part0 { fill: #7d96c4; }
.part1 { fill: #b9a26a; }
.part2 { fill: #79a98c; }
.part3 { fill: #b28aa8; }
.part4 { fill: #8f9aa8; }
.part5 { fill: #c08a72; }
details { margin: .8rem 0; } summary { color: var(--soft); cursor: pointer; }
.tiles { display: flex; flex-wrap: wrap; gap: .8rem; margin: 1.2rem 0; }
.tile { border: 1px solid var(--line); border-radius: 6px; padding: .5rem .9rem; }
.tile b { display: block; font-size: 1.15rem; }
.tile span { color: var(--soft); font-size: 12.5px; }
)";

}  // namespace

std::string page(const std::string& title, std::string_view lead, std::string_view body) {
  return fmt::format(
      "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
      "<meta name=\"viewport\" content=\"width=device-width\">\n<title>{}</title>\n<style>{}</style>\n"
      "</head>\n<body>\n<h1>{}</h1>\n<p class=\"lead\">{}</p>\n{}</body>\n</html>\n",
      escaped(title), style, escaped(title), escaped(lead), body);
}

std::string tile(const std::string& value, std::string_view what) {
  return fmt::format("<div class=\"tile\"><b>{}</b><span>{}</span></div>", escaped(value), escaped(what));
}

}  // namespace lcr
