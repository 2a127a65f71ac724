#pragma once

#include "CProcess.h"

/// Starts a program from the calling thread.
struct process_started process_start_here(const struct process_request *request);

#ifdef __linux__

/// What is needed between the fork and the program, made beforehand: nothing there may allocate.
struct child_plan {
    const struct process_request *request;
    /// `0 0 1` or as the user is: who is who in a namespace of users.
    char user_map[32];
    char group_map[32];
    /// Whether the limit on processes counts this program's alone.
    bool counts_processes;
};

/// Each confines the calling process for good, by system calls alone; false where the system cannot.
bool process_confine_files(const char *scratch, int32_t version);
bool process_confine_sockets(void);
bool process_drop_privileges(void);
/// The version of Landlock's interface; 0: the kernel has none.
int32_t process_landlock_version(void);

#endif
