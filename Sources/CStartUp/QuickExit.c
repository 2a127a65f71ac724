#define _DEFAULT_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "CStartUp.h"

#ifdef __GLIBC__

static void leave(int status, void *unused) {
    (void)unused;
    fflush(NULL);
    _exit(status);
}

// What is registered last runs first, so this comes before the destructors of the libraries. libtorch's take its
// operators off its lists one by one, for most of a tenth of a second, in a process whose memory is about to go.
void start_up_skip_destructors(void) { on_exit(leave, NULL); }

#else

// Only glibc passes the exit status of the process to what it calls at the end.
void start_up_skip_destructors(void) {}

#endif
