/// How the process starts and ends. Its start needs no call: see ThreadWaiting.c.
#pragma once

/// Lets the process end without running the destructors of the libraries, from wherever it exits.
void start_up_skip_destructors(void);
