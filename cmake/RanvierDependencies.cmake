# Every outside library, each from the distribution (tools/packages.txt names the packages).
find_package(Threads REQUIRED)
find_package(OpenMP REQUIRED)
find_package(fmt REQUIRED)
find_package(spdlog REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
find_package(HDF5 REQUIRED COMPONENTS C)

add_library(ranvier_yaml INTERFACE)
target_link_libraries(ranvier_yaml INTERFACE yaml-cpp)

add_library(ranvier_hdf5_library INTERFACE)
target_include_directories(ranvier_hdf5_library SYSTEM INTERFACE ${HDF5_C_INCLUDE_DIRS})
target_link_libraries(ranvier_hdf5_library INTERFACE ${HDF5_C_LIBRARIES})

find_package(OpenMP REQUIRED COMPONENTS CXX)

# The C interface only; a normal variable hides the option where there is no MPI.
if(RANVIER_WITH_MPI)
  find_package(MPI COMPONENTS C QUIET)
  if(MPI_C_FOUND)
    add_library(ranvier_mpi_library INTERFACE)
    target_link_libraries(ranvier_mpi_library INTERFACE MPI::MPI_C)
    target_compile_definitions(ranvier_mpi_library INTERFACE OMPI_SKIP_MPICXX MPICH_SKIP_MPICXX)
  else()
    message(STATUS "No MPI found: ranvier will not run under mpirun")
    set(RANVIER_WITH_MPI OFF)
  endif()
endif()

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
