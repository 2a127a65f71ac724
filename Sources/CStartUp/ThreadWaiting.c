// How libtorch's threads wait for each other.
//
// libgomp's threads spin at every barrier. With one other busy process on the machine the spinning itself starves the
// threads that are waited for, and decoding becomes a hundred times slower; threads that sleep lose little when the
// machine is quiet. libgomp reads the setting when it is loaded, so the process starts itself once more with it.
//
// That happens in the executable's pre-initialisation, which comes before the initialisers of all libraries: libtorch's
// register its operators for a sixth of a second, and so run once and not twice. The C library is not initialised
// either: the environment is what the loader passes, and nothing here may allocate.

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static bool sets(const char *entry, const char *variable) { return strncmp(entry, variable, strlen(variable)) == 0; }

/// Replaces the process by itself with the setting, unless the user made one.
static void start_again_with_sleeping_threads(int argument_count, char **arguments, char **environment) {
    (void)argument_count;
    static char setting[] = "GOMP_SPINCOUNT=0";
    size_t count = 0;
    for (; environment[count] != NULL; count++) {
        if (sets(environment[count], "GOMP_SPINCOUNT=") || sets(environment[count], "OMP_WAIT_POLICY=")) return;
    }
    char *extended[count + 2];
    memcpy(extended, environment, count * sizeof *environment);
    extended[count] = setting;
    extended[count + 1] = NULL;
    // Only returns where it failed; threads then spin, which is slower and not wrong.
    execve("/proc/self/exe", arguments, extended);
}

__attribute__((section(".preinit_array"), used)) static void (*before_libraries)(int, char **, char **) =
    start_again_with_sleeping_threads;
