# Every outside library, each from the distribution (tools/packages.txt names the packages).
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(HDF5 REQUIRED COMPONENTS C)
find_package(SQLite3 REQUIRED)

add_library(ranvier_yaml INTERFACE)
target_link_libraries(ranvier_yaml INTERFACE yaml-cpp)

add_library(ranvier_hdf5_library INTERFACE)
target_include_directories(ranvier_hdf5_library SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_link_libraries(ranvier_hdf5_library INTERFACE ${HDF5_C_LIBRARIES})

find_package(OpenMP REQUIRED COMPONENTS CXX)

if(RANVIER_WITH_TORCH)
  find_package(Torch REQUIRED)
endif()

if(RANVIER_TESTS)
  find_package(GTest REQUIRED)
  include(GoogleTest)
  find_path(RAPIDCHECK_INCLUDE_DIR rapidcheck.h REQUIRED)
  find_library(RAPIDCHECK_LIBRARY rapidcheck REQUIRED)
  add_library(ranvier_rapidcheck INTERFACE)
  target_include_directories(ranvier_rapidcheck SYSTEM INTERFACE ${RAPIDCHECK_INCLUDE_DIR})
  target_link_libraries(ranvier_rapidcheck INTERFACE ${RAPIDCHECK_LIBRARY})
endif()

if(RANVIER_BENCH)
  find_package(benchmark REQUIRED)
endif()
