/* libtorch is C++: nothing of it is visible to Swift. This module only carries its compiler and linker flags. */
