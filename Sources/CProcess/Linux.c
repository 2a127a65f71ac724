// From a fork to a program: nothing here allocates, takes a lock or returns in the child, as other threads of the parent may
// have been anywhere.

#ifdef __linux__

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "Child.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC (1U << 2)
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/// Users, processes, shared memory and the network: each program has its own.
#define NAMESPACES (CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWNET)

/// What the child says before the program begins, and once more where it cannot.
struct report {
    uint32_t held;
    int32_t landlock;
    int32_t error;
};

static void write_file(const char *path, const char *text) {
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    if (file < 0) return;
    if (write(file, text, strlen(text)) < 0) {
        // The user is nobody in there then, which changes nothing but a name.
    }
    close(file);
}

/// Signals as a program expects them: what the parent ignores or holds back would be inherited.
static void reset_signals(void) {
    for (int number = 1; number < NSIG; number++) {
        if (number != SIGKILL && number != SIGSTOP) signal(number, SIG_DFL);
    }
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
}

/// Moves the three out of the way first, so that none of them is overwritten before it has moved.
static bool place_descriptors(const int *descriptors) {
    int moved[3];
    for (int i = 0; i < 3; i++) {
        moved[i] = fcntl(descriptors[i], F_DUPFD_CLOEXEC, 3);
        if (moved[i] < 0) return false;
    }
    for (int i = 0; i < 3; i++) {
        if (dup2(moved[i], i) < 0) return false;
    }
    return true;
}

static void close_others_on_exec(void) {
    if (syscall(SYS_close_range, 3U, ~0U, CLOSE_RANGE_CLOEXEC) == 0) return;
    struct rlimit files;
    const rlim_t last = getrlimit(RLIMIT_NOFILE, &files) == 0 && files.rlim_cur < 65536 ? files.rlim_cur : 65536;
    for (rlim_t i = 3; i < last; i++) fcntl((int)i, F_SETFD, FD_CLOEXEC);
}

static bool limit(int resource, uint64_t most) {
    if (most == 0) return true;
    struct rlimit limits;
    if (getrlimit(resource, &limits) != 0) return false;
    if (limits.rlim_max == RLIM_INFINITY || most < limits.rlim_max) limits.rlim_max = most;
    limits.rlim_cur = limits.rlim_max;
    return setrlimit(resource, &limits) == 0;
}

static bool limit_all(const struct process_limits *limits) {
    const struct rlimit none = {0, 0};
    return limit(RLIMIT_CPU, limits->processor_seconds) && limit(RLIMIT_AS, limits->memory_bytes)
        && limit(RLIMIT_FSIZE, limits->file_bytes) && limit(RLIMIT_NOFILE, limits->open_files)
        && setrlimit(RLIMIT_CORE, &none) == 0;
}

static void confine(const struct child_plan *plan, struct report *report) {
    const struct process_request *request = plan->request;
    const uint32_t wanted = request->wanted;
    if (wanted & PROCESS_WITHOUT_PRIVILEGES && process_drop_privileges()) report->held |= PROCESS_WITHOUT_PRIVILEGES;
    if (wanted & PROCESS_FILES) {
        const int32_t version = process_landlock_version();
        if (version > 0 && process_confine_files(request->scratch, version)) {
            report->landlock = version;
            report->held |= PROCESS_FILES | (version >= 4 ? PROCESS_TCP : 0);
        }
    }
    if (wanted & PROCESS_SOCKETS && process_confine_sockets()) report->held |= PROCESS_SOCKETS;
    if (wanted & PROCESS_LIMITS && limit_all(&request->limits)) report->held |= PROCESS_LIMITS;
    if (wanted & PROCESS_LIMITS && plan->counts_processes && report->held & PROCESS_NAMESPACES
        && limit(RLIMIT_NPROC, request->limits.processes))
        report->held |= PROCESS_COUNT_LIMIT;
}

/// - Parameter ends: of the pipe that reports go through.
static _Noreturn void be_the_program(const struct child_plan *plan, const int *ends, uint32_t held) {
    const struct process_request *request = plan->request;
    struct report report = {.held = held};
    // From here on the parent's death is the child's. It may have died before: then nobody holds the other end.
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) == 0) report.held |= PROCESS_ENDS_WITH_PARENT;
    close(ends[0]);
    struct pollfd parent = {.fd = ends[1]};
    if (poll(&parent, 1, 0) > 0 && parent.revents & POLLERR) _exit(127);
    setsid();
    if (held & PROCESS_NAMESPACES) {
        write_file("/proc/self/setgroups", "deny");
        write_file("/proc/self/uid_map", plan->user_map);
        write_file("/proc/self/gid_map", plan->group_map);
    }
    // The descriptor of reports must not be one of the first three.
    const int status = fcntl(ends[1], F_DUPFD_CLOEXEC, 3);
    if (status < 0 || !place_descriptors(request->descriptors)) _exit(127);
    close_others_on_exec();
    reset_signals();
    confine(plan, &report);
    if (write(status, &report, sizeof report) == sizeof report) {
        execve(request->path, request->arguments, request->environment);
        report.error = errno;
        if (write(status, &report, sizeof report) < 0) _exit(127);
    }
    _exit(127);
}

/// Reads what the child says until it says no more; false where it said nothing.
static bool read_report(int status, struct report *report) {
    bool said = false;
    size_t count = 0;
    char bytes[sizeof *report];
    while (true) {
        const ssize_t n = read(status, bytes + count, sizeof bytes - count);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return said;
        count += (size_t)n;
        if (count < sizeof bytes) continue;
        memcpy(report, bytes, sizeof bytes);
        said = true;
        count = 0;
    }
}

/// A fork, into namespaces where they are asked for.
static pid_t start_child(const struct child_plan *plan, const int *ends, bool in_namespaces) {
    if (!in_namespaces) {
        const pid_t pid = fork();
        if (pid == 0) be_the_program(plan, ends, 0);
        return pid;
    }
    // The arguments of `clone` lie in another order on some processors, but all after the first are null.
    const pid_t pid = (pid_t)syscall(SYS_clone, (unsigned long)(NAMESPACES | SIGCHLD), NULL, NULL, NULL, NULL);
    if (pid == 0) be_the_program(plan, ends, PROCESS_NAMESPACES);
    return pid;
}

struct process_started process_start_here(const struct process_request *request) {
    struct process_started result = {0};
    struct child_plan plan = {.request = request, .counts_processes = getuid() != 0};
    snprintf(plan.user_map, sizeof plan.user_map, "%u %u 1\n", getuid(), getuid());
    snprintf(plan.group_map, sizeof plan.group_map, "%u %u 1\n", getgid(), getgid());
    int status[2];
    if (pipe2(status, O_CLOEXEC) != 0) {
        result.error = errno;
        return result;
    }
    const bool wants_namespaces = request->wanted & PROCESS_NAMESPACES;
    pid_t pid = start_child(&plan, status, wants_namespaces);
    if (pid < 0 && wants_namespaces) pid = start_child(&plan, status, false);
    const int error = errno;
    close(status[1]);
    struct report report = {.error = ECHILD};
    if (pid < 0) {
        report.error = error;
    } else if (!read_report(status[0], &report) || report.error != 0) {
        while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
    }
    close(status[0]);
    result.pid = pid;
    result.held = report.held;
    result.landlock = report.landlock;
    result.error = report.error;
    return result;
}

#endif
