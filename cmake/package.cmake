# SPDX-License-Identifier: Apache-2.0
# find_package(loadline COMPONENTS control sdk agent_client proto): each component finds only what
# it needs itself.
include(CMakePackageConfigHelpers)
configure_package_config_file(${CMAKE_CURRENT_LIST_DIR}/loadline-config.cmake.in
  ${CMAKE_CURRENT_BINARY_DIR}/loadline-config.cmake
  INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/loadline)
write_basic_package_version_file(${CMAKE_CURRENT_BINARY_DIR}/loadline-config-version.cmake
  COMPATIBILITY SameMinorVersion)
set(CMAKE_INSTALL_DEFAULT_COMPONENT_NAME package)
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/loadline-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/loadline-config-version.cmake
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/loadline)
