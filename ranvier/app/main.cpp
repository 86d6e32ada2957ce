#include "ranvier/app/cli.hpp"

int main(int argc, char** argv) { return ranvier::app::main_with(argc, argv); }
