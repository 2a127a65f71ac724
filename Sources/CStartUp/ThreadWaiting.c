// How libtorch's threads wait for each other.
//
// libgomp's threads spin at every barrier. With one other busy process on the machine the spinning itself starves the
// threads that are waited for, and decoding becomes a hundred times slower; threads that sleep lose little when the
// machine is quiet. libgomp reads the setting when it is loaded, which is before any code of ours but for the executable's
// pre-initialisation. The C library is not initialised then either: the environment is what the loader passes, its strings
// and their list have no room for another, and nothing may allocate. So the setting takes the place of `_`, in which shells
// leave the path of what they start and which nobody reads. Where there is no such variable, or a short one, the process
// starts itself once more, for a twentieth of a second.
//
// All this is Linux's; elsewhere libtorch brings another library for its threads, and nothing is set.

#ifdef __linux__

#include <stdbool.h>
#include <string.h>
#include <unistd.h>

static bool sets(const char *entry, const char *variable) { return strncmp(entry, variable, strlen(variable)) == 0; }

static char setting[] = "GOMP_SPINCOUNT=0";

/// Whether the setting found room in the place of the variable.
static bool replace(char *entry) {
    const size_t length = strlen(entry);
    if (!sets(entry, "_=") || length < sizeof setting - 1) return false;
    memset(entry, 0, length);
    memcpy(entry, setting, sizeof setting - 1);
    return true;
}

/// Only returns where it failed; threads then spin, which is slower and not wrong.
static void start_again(char **arguments, char **environment, size_t count) {
    char *extended[count + 2];
    memcpy(extended, environment, count * sizeof *environment);
    extended[count] = setting;
    extended[count + 1] = NULL;
    execve("/proc/self/exe", arguments, extended);
}

/// Lets threads sleep, unless the user made another choice.
static void let_threads_sleep(int argument_count, char **arguments, char **environment) {
    (void)argument_count;
    size_t count = 0;
    for (; environment[count] != NULL; count++) {
        if (sets(environment[count], "GOMP_SPINCOUNT=") || sets(environment[count], "OMP_WAIT_POLICY=")) return;
    }
    for (size_t i = 0; i < count; i++) {
        if (replace(environment[i])) return;
    }
    start_again(arguments, environment, count);
}

__attribute__((section(".preinit_array"), used)) static void (*before_libraries)(int, char **, char **) =
    let_threads_sleep;

#endif
