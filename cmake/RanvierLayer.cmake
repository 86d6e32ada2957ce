# One folder of ranvier/ is one layer, one namespace and one target.
#
# ranvier_layer(codec
#   COLD     nothing in it takes time when it runs: optimised little, which halves what it takes to compile
#   HEADERS  public headers (a header file set, compiled alone by the dev preset)
#   SOURCES  .cpp files
#   LINKS    targets the public headers need
#   PRIVATE_LINKS targets only the sources need
#   TESTS    *_test.cpp files beside the sources: one GoogleTest program per folder)

add_library(ranvier_flags INTERFACE)
target_include_directories(ranvier_flags INTERFACE ${PROJECT_SOURCE_DIR})
# Contraction into fused multiply-adds would let two spellings of one formula differ in the last bit.
target_compile_options(
  ranvier_flags
  INTERFACE "$<$<COMPILE_LANGUAGE:CXX>:-Wall;-Wextra;-Wpedantic;-Wshadow;-Wconversion;-Wno-sign-conversion>"
            $<$<COMPILE_LANGUAGE:CXX>:-ffp-contract=off>
            $<$<AND:$<BOOL:${RANVIER_WERROR}>,$<COMPILE_LANGUAGE:CXX>>:-Werror>
            # GCC 12 sees overlaps in std::string that are not there (bug 105651).
            $<$<AND:$<BOOL:${RANVIER_WERROR}>,$<COMPILE_LANG_AND_ID:CXX,GNU>>:-Wno-error=restrict>
            $<$<AND:$<BOOL:${RANVIER_NATIVE}>,$<COMPILE_LANGUAGE:CXX>>:-march=native>
            # Collecting its garbage costs GCC an eighth of its time; without, a file takes 1.4 GB.
            "$<$<COMPILE_LANG_AND_ID:CXX,GNU>:SHELL:--param ggc-min-expand=1000 --param ggc-min-heapsize=1000000>")
if(CMAKE_UNITY_BUILD)
  # Several files are compiled as one, so a class in a .cpp may hold a type of its unnamed namespace.
  target_compile_options(ranvier_flags INTERFACE $<$<COMPILE_LANG_AND_ID:CXX,GNU>:-Wno-subobject-linkage>)
endif()
if(RANVIER_SANITIZE)
  target_compile_options(ranvier_flags INTERFACE -fsanitize=${RANVIER_SANITIZE}
                                                 -fno-omit-frame-pointer)
  target_link_options(ranvier_flags INTERFACE -fsanitize=${RANVIER_SANITIZE})
endif()

function(ranvier_layer name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "COLD" "" "HEADERS;SOURCES;LINKS;PRIVATE_LINKS;TESTS")
  add_library(ranvier_${name} STATIC ${ARG_SOURCES})
  add_library(ranvier::${name} ALIAS ranvier_${name})
  target_sources(
    ranvier_${name}
    PUBLIC FILE_SET
           HEADERS
           BASE_DIRS
           ${PROJECT_SOURCE_DIR}
           FILES
           ${ARG_HEADERS})
  set_target_properties(ranvier_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  target_link_libraries(
    ranvier_${name}
    PUBLIC ranvier_flags ${ARG_LINKS}
    PRIVATE ${ARG_PRIVATE_LINKS})
  if(ARG_COLD)
    target_compile_options(ranvier_${name} PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
  if(RANVIER_TESTS AND ARG_TESTS)
    ranvier_test(${name} SOURCES ${ARG_TESTS} LINKS ranvier::${name} ${ARG_PRIVATE_LINKS})
  endif()
endfunction()

# ranvier_test(name SOURCES ... LINKS ...): a GoogleTest program `test_<name>`, every case a CTest test.
function(ranvier_test name)
  cmake_parse_arguments(PARSE_ARGV 1 ARG "" "TIMEOUT" "SOURCES;LINKS")
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(test_${name} ${ARG_SOURCES})
  target_link_libraries(test_${name} PRIVATE ranvier_test_main ${ARG_LINKS})
  # Tests are compiled once and run for seconds: any optimiser would take longer than it saves.
  target_compile_options(test_${name} PRIVATE -O0 -fPIC)
  # A precompiled header serves only the flags it was made with, and -fopenmp is not among them.
  set_target_properties(test_${name} PROPERTIES POSITION_INDEPENDENT_CODE OFF)
  if(NOT OpenMP::OpenMP_CXX IN_LIST ARG_LINKS)
    target_precompile_headers(test_${name} REUSE_FROM ranvier_test_main)
  endif()
  # Scratch files of two builds whose tests run at the same time must not meet.
  file(MAKE_DIRECTORY ${PROJECT_BINARY_DIR}/scratch)
  gtest_discover_tests(
    test_${name}
    TEST_PREFIX ${name}.
    NO_PRETTY_VALUES
    DISCOVERY_TIMEOUT 60
    PROPERTIES TIMEOUT ${ARG_TIMEOUT} ENVIRONMENT TMPDIR=${PROJECT_BINARY_DIR}/scratch)
endfunction()
