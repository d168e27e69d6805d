# Turns a text into a C++ array; raw string literals are limited in length, numbers are not.
file(READ "${IN}" bytes HEX)
string(REGEX REPLACE "([0-9a-f][0-9a-f])" "0x\\1," numbers "${bytes}")
file(WRITE "${OUT}" "extern const unsigned char lcr_diagnostics_text[];\nextern const unsigned long lcr_diagnostics_text_size;\nconst unsigned char lcr_diagnostics_text[] = {${numbers}0};\nconst unsigned long lcr_diagnostics_text_size = sizeof(lcr_diagnostics_text) - 1;\n")
