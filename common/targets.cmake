# One target per directory. The include root of every target is common/, but a target links only
# what it names here, so a dependency that points upward fails at the link.

add_library(tidings_warnings INTERFACE)
target_compile_options(tidings_warnings INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor
  -Woverloaded-virtual -Wconversion -Wno-sign-conversion
  # Designated initialisers leave the rest to the members' defaults, on purpose.
  -Wno-missing-field-initializers -Werror)

# For the targets that hold crash points (base/crash_point.h).
add_library(tidings_crash_points INTERFACE)
if(TIDINGS_CRASH_POINTS)
  target_compile_definitions(tidings_crash_points INTERFACE TIDINGS_CRASH_POINTS)
endif()

# What nearly every file includes, parsed once. A file still includes what it uses: lint builds without this.
function(tidings_precompile name)
  if(NOT TIDINGS_PCH)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "LINKS;HEADERS" ${ARGN})
  file(WRITE ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp "")
  add_library(${name} OBJECT ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  target_link_libraries(${name} PRIVATE tidings_warnings ${arg_LINKS}) # a precompiled header fits the same options only
  target_precompile_headers(${name} PRIVATE ${arg_HEADERS})
endfunction()
function(tidings_reuse_pch target pch)
  if(TARGET ${pch})
    target_precompile_headers(${target} REUSE_FROM ${pch})
  endif()
endfunction()
set(tidings_common_headers <algorithm> <array> <charconv> <chrono> <coroutine> <cstdint> <deque> <functional> <map> <memory>
  <optional> <span> <stop_token> <string> <string_view> <unordered_map> <utility> <variant> <vector> <nlohmann/json.hpp>)
tidings_precompile(tidings_pch HEADERS ${tidings_common_headers})

# tidings_library(<dir> SOURCES a.cpp ... [LINKS tidings_base ...] [PRIVATE_LINKS ...])
function(tidings_library name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS;PRIVATE_LINKS" ${ARGN})
  add_library(tidings_${name} STATIC ${arg_SOURCES})
  target_include_directories(tidings_${name} PUBLIC ${PROJECT_SOURCE_DIR}/common)
  target_link_libraries(tidings_${name} PUBLIC ${arg_LINKS} PRIVATE tidings_warnings ${arg_PRIVATE_LINKS})
  tidings_reuse_pch(tidings_${name} tidings_pch)
endfunction()

if(BUILD_TESTING)
  find_package(GTest REQUIRED)
  tidings_precompile(tidings_test_pch LINKS GTest::gmock GTest::gtest_main
    HEADERS ${tidings_common_headers} <gmock/gmock.h> <gtest/gtest.h>)
endif()

# tidings_test(<name> SOURCES a_test.cpp ... LINKS tidings_x ... [LABELS unit])
function(tidings_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS;LABELS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${arg_LINKS} tidings_warnings GTest::gmock GTest::gtest_main)
  tidings_reuse_pch(${name} tidings_test_pch)
  gtest_discover_tests(${name} DISCOVERY_TIMEOUT 60 PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 120)
endfunction()

# tidings_fuzz(<name> SOURCES a_fuzz.cpp LINKS tidings_x ...): a libFuzzer target, in the fuzz preset only.
function(tidings_fuzz name)
  if(NOT TIDINGS_FUZZ)
    return()
  endif()
  cmake_parse_arguments(arg "" "" "SOURCES;LINKS" ${ARGN})
  add_executable(${name} ${arg_SOURCES})
  target_include_directories(${name} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(${name} PRIVATE ${arg_LINKS} tidings_warnings)
  target_link_options(${name} PRIVATE -fsanitize=fuzzer)
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
  if(NOT TARGET fuzz_targets)
    add_custom_target(fuzz_targets)
  endif()
  add_dependencies(fuzz_targets ${name})
endfunction()
