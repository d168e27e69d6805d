# lcr_library(NAME SOURCES... ) makes a static library of one room with the house's warnings.
add_library(lcr_warnings INTERFACE)
target_compile_options(lcr_warnings INTERFACE
  $<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Werror;-Wno-missing-field-initializers>
  # std::stable_sort of libstdc++ 12 uses what libstdc++ 12 deprecates.
  $<$<COMPILE_LANG_AND_ID:CXX,Clang>:-Wno-deprecated-declarations>
)

# One room: lcr_room(source FILES a.cpp b.cpp USES lcr_other fmt::fmt)
function(lcr_room name)
  cmake_parse_arguments(ROOM "" "" "FILES;USES;PRIVATE" ${ARGN})
  add_library(lcr_${name} STATIC ${ROOM_FILES})
  target_include_directories(lcr_${name} PUBLIC "${PROJECT_SOURCE_DIR}")
  target_link_libraries(lcr_${name} PUBLIC ${ROOM_USES} PRIVATE ${ROOM_PRIVATE} lcr_warnings)
endfunction()
