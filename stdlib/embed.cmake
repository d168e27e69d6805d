# cmake -DOUT=texts.cpp -DROOT=stdlib -DFILES=a.lcr,b/c.lcr -P embed.cmake
# Writes one C++ file that holds the texts and, from the header lines, the index of architectures.
string(REPLACE "," ";" FILES "${FILES}")

# A space sorts before all that a name holds, so the entries come in the order of their names.
set(entries "")
foreach(file IN LISTS FILES)
  string(REGEX REPLACE "\\.lcr$" "" name "${file}")
  string(REPLACE "/" "." name "${name}")
  list(APPEND entries "std.${name} ${file}")
endforeach()
list(SORT entries)

set(modules "")
set(architectures "")
foreach(entry IN LISTS entries)
  string(REGEX MATCH "^([^ ]*) (.*)$" _ "${entry}")
  set(name "${CMAKE_MATCH_1}")
  file(READ "${ROOT}/${CMAKE_MATCH_2}" text)
  string(APPEND modules "      {\"${name}\", R\"lcr(${text})lcr\"},\n")
  # A list cannot hold brackets, so they are exchanged before anything is taken apart.
  string(REGEX MATCH "\narchitecture [^\n]*" header "${text}")
  if(header)
    string(REPLACE "[" "{" header "${header}")
    string(REPLACE "]" "}" header "${header}")
    string(REGEX MATCH " for ({[^}]*})" _ "${header}")
    set(classes "${CMAKE_MATCH_1}")
    set(types "{}")
    if(header MATCHES " type ({[^}]*})")
      set(types "${CMAKE_MATCH_1}")
    endif()
    string(APPEND architectures "      {\"${name}\", ${classes}, ${types}},\n")
  endif()
endforeach()

file(WRITE "${OUT}" "#include \"stdlib/stdlib.h\"

namespace lcr::stdlib {

const std::vector<Module>& modules() {
  static const std::vector<Module> all = {
${modules}  };
  return all;
}

const std::vector<Architecture>& architectures() {
  static const std::vector<Architecture> all = {
${architectures}  };
  return all;
}

}  // namespace lcr::stdlib
")
