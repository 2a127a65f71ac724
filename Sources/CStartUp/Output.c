#include <stdio.h>

#include "CStartUp.h"

bool start_up_flush_output(void) { return fflush(stdout) == 0 && !ferror(stdout); }
