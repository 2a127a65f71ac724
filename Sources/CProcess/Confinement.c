// What Linux can take away from a process for good. The interfaces of the kernel are written out here, as headers are older
// than kernels.

#ifdef __linux__

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "Child.h"

// MARK: Privileges

bool process_drop_privileges(void) {
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return false;
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    const struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {{0}};
    return syscall(SYS_capset, &header, none) == 0;
}

// MARK: Files, by Landlock (linux/landlock.h)

#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_add_rule 445
#define SYS_landlock_restrict_self 446
#endif

enum {
    EXECUTE = 1 << 0,
    WRITE_FILE = 1 << 1,
    READ_FILE = 1 << 2,
    READ_FOLDER = 1 << 3,
    TRUNCATE = 1 << 14,
    CONTROL_DEVICE = 1 << 15,
};

struct ruleset {
    uint64_t files;
    uint64_t network;
    uint64_t scopes;
};

struct path_rule {
    uint64_t allowed;
    int32_t folder;
} __attribute__((packed));

int32_t process_landlock_version(void) {
    const long version = syscall(SYS_landlock_create_ruleset, NULL, 0, 1U);
    return version < 0 ? 0 : (int32_t)version;
}

static bool allow(int ruleset, const char *path, uint64_t rights) {
    struct path_rule rule = {.allowed = rights, .folder = open(path, O_PATH | O_CLOEXEC)};
    if (rule.folder < 0) return false;
    const bool added = syscall(SYS_landlock_add_rule, ruleset, 1, &rule, 0) == 0;
    close(rule.folder);
    return added;
}

/// All rights on files that a version knows.
static uint64_t file_rights(int32_t version) {
    const int count = version >= 5 ? 16 : version >= 3 ? 15 : version == 2 ? 14 : 13;
    return ((uint64_t)1 << count) - 1;
}

bool process_confine_files(const char *scratch, int32_t version) {
    const struct ruleset rights = {
        .files = file_rights(version),
        .network = version >= 4 ? 3 : 0,  // binding and connecting by TCP
        .scopes = version >= 6 ? 3 : 0,   // abstract sockets of others, signals to others
    };
    const size_t size = version >= 6 ? sizeof rights : version >= 4 ? offsetof(struct ruleset, scopes) : sizeof(uint64_t);
    const int ruleset = (int)syscall(SYS_landlock_create_ruleset, &rights, size, 0U);
    if (ruleset < 0) return false;
    const bool done = allow(ruleset, "/", EXECUTE | READ_FILE | READ_FOLDER) && allow(ruleset, scratch, rights.files)
        && allow(ruleset, "/dev/null", (WRITE_FILE | READ_FILE | TRUNCATE | CONTROL_DEVICE) & rights.files)
        && syscall(SYS_landlock_restrict_self, ruleset, 0) == 0;
    close(ruleset);
    return done;
}

// MARK: Sockets, by a filter of system calls

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#endif

#ifdef ARCHITECTURE

#define LOAD(member) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define RETURN(value) BPF_STMT(BPF_RET | BPF_K, value)
#define REFUSE RETURN(SECCOMP_RET_ERRNO | EACCES)
#define REFUSE_CALL(number) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, number, 0, 1), REFUSE

/// Refuses sockets of every kind, those of other programs on this machine too, and the ring of calls that would open them
/// unseen. Calls by another processor's numbers are refused whole.
bool process_confine_sockets(void) {
    struct sock_filter instructions[] = {
        LOAD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0),
        REFUSE,
        LOAD(nr),
        BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, 0, 1),
        REFUSE,
        REFUSE_CALL(SYS_socket),
        REFUSE_CALL(425),  // io_uring_setup
        RETURN(SECCOMP_RET_ALLOW),
    };
    const struct sock_fprog filter = {sizeof instructions / sizeof *instructions, instructions};
    return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) == 0;
}

#else

bool process_confine_sockets(void) { return false; }

#endif

#endif
