/// How the process starts and ends. Its start needs no call: see ThreadWaiting.c.
#pragma once

#include <stdbool.h>

/// Lets the process end without running the destructors of the libraries, from wherever it exits.
void start_up_skip_destructors(void);

/// Sends off what was printed; false where standard output did not take all that was printed so far.
bool start_up_flush_output(void);
