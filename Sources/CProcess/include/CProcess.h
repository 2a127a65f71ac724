/// Programs that Heed starts and does not trust: started by one call, confined as far as the system can, ended as a group.
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

/// What a program can be confined by. Which of them this system has is seen when it starts.
enum {
    /// It and what it starts never gain rights, and it keeps none of an administrator's.
    PROCESS_WITHOUT_PRIVILEGES = 1 << 0,
    /// Its limits hold.
    PROCESS_LIMITS = 1 << 1,
    /// The limit on processes holds too: it counts those of this program alone.
    PROCESS_COUNT_LIMIT = 1 << 2,
    /// All that it starts ends with it, whatever it does, and it with the process that started it.
    PROCESS_NAMESPACES = 1 << 3,
    /// It changes files in its scratch folder only (Landlock).
    PROCESS_FILES = 1 << 4,
    /// It opens no socket (seccomp).
    PROCESS_SOCKETS = 1 << 5,
    /// It makes and takes no TCP connection (Landlock).
    PROCESS_TCP = 1 << 6,
    /// It ends with the process that started it.
    PROCESS_ENDS_WITH_PARENT = 1 << 7,
};

/// Limits of each process; 0: none.
struct process_limits {
    uint64_t processor_seconds;
    uint64_t memory_bytes;
    uint64_t file_bytes;
    uint64_t processes;
    uint64_t open_files;
};

struct process_request {
    const char *path;
    /// Ends with NULL, as the next one.
    char *const *arguments;
    char *const *environment;
    /// The only folder that it may write to.
    const char *scratch;
    /// The descriptors that become its standard input, output and error; it has no others.
    int descriptors[3];
    struct process_limits limits;
    /// What it is to be confined by, where the system can.
    uint32_t wanted;
};

struct process_started {
    pid_t pid;
    /// What it is confined by.
    uint32_t held;
    /// Of Landlock's interface; 0: none.
    int32_t landlock;
    /// 0, or why it did not start.
    int32_t error;
};

/// Starts a program in a session and a group of its own.
///
/// All programs are started by one thread of this library that never ends: Linux ends a child with the thread that
/// started it, not with its process.
struct process_started process_start(const struct process_request *request);

/// Whether a program has ended, which it still stands for until `process_end`.
/// - Parameter outcome: then its exit status, or below 0 the signal that ended it.
bool process_has_ended(pid_t pid, int32_t *outcome);

/// Ends a program and all of its group at once, and waits until it is gone. Once for each that started.
void process_end(pid_t pid);

/// Like `write`, without a signal where nobody reads; -1 with `errno`.
ssize_t process_write(int descriptor, const void *bytes, size_t count);

/// Two ends of a pipe that no program inherits, neither of which waits; false with `errno`.
/// - Parameter child_reads: which end is the program's, and waits as programs expect: the one that is read from.
bool process_pipe(int ends[2], bool child_reads);
