# Joins the pages of the lint rules, each below `## CODE name`, and turns them into a C++ array. RULES is
# compiler/lint/rules.def, PAGES the folder of the pages.
file(STRINGS "${RULES}" lines REGEX "^LCR_RULE")
set(text "")
foreach(line IN LISTS lines)
  string(REGEX REPLACE "^LCR_RULE\\((L[0-9]+), ([a-z0-9_]+),.*" "\\1" code "${line}")
  string(REGEX REPLACE "^LCR_RULE\\((L[0-9]+), ([a-z0-9_]+),.*" "\\2" name "${line}")
  string(REPLACE "_" "-" name "${name}")
  file(READ "${PAGES}/${name}.md" page HEX)
  string(HEX "\n## ${code} ${name}\n\n" heading)
  string(APPEND text "${heading}${page}")
endforeach()
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," numbers "${text}")
file(WRITE "${OUT}" "extern const unsigned char lcr_rules_text[];\nextern const unsigned long lcr_rules_text_size;\nconst unsigned char lcr_rules_text[] = {${numbers}0};\nconst unsigned long lcr_rules_text_size = sizeof(lcr_rules_text) - 1;\n")
