// Ends a process at one of its calls to the file system: LD_PRELOAD=kill-switch.so.
//
// KILL_SWITCH_COUNT names a file of eight bytes, in which the calls are counted, whatever becomes of the process;
// KILL_SWITCH_AT is the number of the call before which it ends, by SIGKILL. A write is half done then.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static uint64_t *count;
static uint64_t limit;

__attribute__((constructor)) static void begin(void) {
    const char *file = getenv("KILL_SWITCH_COUNT"), *at = getenv("KILL_SWITCH_AT");
    const int descriptor = file ? open(file, O_RDWR | O_CLOEXEC) : -1;
    if (descriptor < 0) return;
    void *memory = mmap(NULL, sizeof *count, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0);
    limit = at ? strtoull(at, NULL, 10) : 0;
    if (memory != MAP_FAILED) count = memory;
    unsetenv("LD_PRELOAD");
}

static int is_last(void) { return count && __atomic_add_fetch(count, 1, __ATOMIC_RELAXED) == limit; }

static void end(void) { kill(getpid(), SIGKILL); }

#define REAL(name) ((typeof(&name))dlsym(RTLD_NEXT, #name))

// A call of any arguments.
#define SWITCHED(type, name, parameters, arguments) \
    type name parameters {                          \
        if (is_last()) end();                       \
        return REAL(name) arguments;                \
    }

SWITCHED(int, rename, (const char *from, const char *to), (from, to))
SWITCHED(int, renameat2, (int a, const char *from, int b, const char *to, unsigned flags), (a, from, b, to, flags))
SWITCHED(int, link, (const char *from, const char *to), (from, to))
SWITCHED(int, unlink, (const char *path), (path))
SWITCHED(int, rmdir, (const char *path), (path))
SWITCHED(int, mkdir, (const char *path, mode_t mode), (path, mode))
SWITCHED(int, ftruncate, (int file, off_t length), (file, length))
SWITCHED(int, ftruncate64, (int file, off64_t length), (file, length))
SWITCHED(int, fsync, (int file), (file))
SWITCHED(int, fdatasync, (int file), (file))

ssize_t write(int file, const void *bytes, size_t size) {
    if (is_last()) {
        REAL(write)(file, bytes, size / 2);
        end();
    }
    return REAL(write)(file, bytes, size);
}

ssize_t pwrite64(int file, const void *bytes, size_t size, off64_t place) {
    if (is_last()) {
        REAL(pwrite64)(file, bytes, size / 2, place);
        end();
    }
    return REAL(pwrite64)(file, bytes, size, place);
}

// Only files that are made count.
#define OPENING(name)                                        \
    int name(const char *path, int flags, ...) {             \
        va_list arguments;                                   \
        va_start(arguments, flags);                          \
        const mode_t mode = va_arg(arguments, mode_t);       \
        va_end(arguments);                                   \
        if ((flags & O_CREAT) && is_last()) end();           \
        return REAL(name)(path, flags, mode);                \
    }

OPENING(open)
OPENING(open64)
