// The thread that starts programs, and what is the same on every system.

#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "Child.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static const struct process_request *asked;
static struct process_started *answer;
static bool is_running;

static void *start_what_is_asked(void *unused) {
    (void)unused;
    pthread_mutex_lock(&lock);
    while (true) {
        while (asked == NULL) pthread_cond_wait(&changed, &lock);
        *answer = process_start_here(asked);
        asked = NULL;
        pthread_cond_broadcast(&changed);
    }
    return NULL;
}

static int run_thread(void) {
    if (is_running) return 0;
    pthread_t thread;
    const int error = pthread_create(&thread, NULL, start_what_is_asked, NULL);
    if (error != 0) return error;
    pthread_detach(thread);
    is_running = true;
    return 0;
}

struct process_started process_start(const struct process_request *request) {
    struct process_started result = {.error = EAGAIN};
    pthread_mutex_lock(&lock);
    while (asked != NULL) pthread_cond_wait(&changed, &lock);
    const int error = run_thread();
    if (error != 0) {
        result.error = error;
    } else {
        asked = request;
        answer = &result;
        pthread_cond_broadcast(&changed);
        while (asked == request) pthread_cond_wait(&changed, &lock);
    }
    pthread_mutex_unlock(&lock);
    return result;
}

bool process_has_ended(pid_t pid, int32_t *outcome) {
    siginfo_t info = {0};
    if (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOHANG | WNOWAIT) != 0 || info.si_pid != pid) return false;
    *outcome = info.si_code == CLD_EXITED ? info.si_status : -info.si_status;
    return true;
}

void process_end(pid_t pid) {
    kill(-pid, SIGKILL);
    kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR) {}
}

// A signal of writing goes to the thread that writes, so it is held back there and taken away.
ssize_t process_write(int descriptor, const void *bytes, size_t count) {
    sigset_t broken, former, pending;
    sigemptyset(&broken);
    sigaddset(&broken, SIGPIPE);
    sigpending(&pending);
    const bool was_pending = sigismember(&pending, SIGPIPE);
    pthread_sigmask(SIG_BLOCK, &broken, &former);
    const ssize_t written = write(descriptor, bytes, count);
    const int error = errno;
    if (written < 0 && error == EPIPE && !was_pending) {
        sigpending(&pending);
        int number;
        if (sigismember(&pending, SIGPIPE)) sigwait(&broken, &number);
    }
    pthread_sigmask(SIG_SETMASK, &former, NULL);
    errno = error;
    return written;
}

bool process_pipe(int ends[2], bool child_reads) {
#ifdef __linux__
    if (pipe2(ends, O_CLOEXEC) != 0) return false;
#else
    if (pipe(ends) != 0) return false;
    fcntl(ends[0], F_SETFD, FD_CLOEXEC);
    fcntl(ends[1], F_SETFD, FD_CLOEXEC);
#endif
    return fcntl(ends[child_reads ? 1 : 0], F_SETFL, O_NONBLOCK) == 0;
}
