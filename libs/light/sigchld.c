/* SPDX-License-Identifier: LGPL-2.1-only */
/* One handler for the process, there as long as any context wants it. It wakes all of their loops. */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "light/child.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned users;
static struct sigaction before;
static volatile int wake_fd = -1; /* once it is there it stays: the handler may be running */

static void handler(int number)
{
    uint64_t one = 1;
    int saved = errno;

    (void)number;
    (void)!write(wake_fd, &one, sizeof(one));
    errno = saved;
}

/* Nobody reads the descriptor, as that would hide it from the others: each write is an edge for each loop. */
int sigchld_watch(struct loop *loop, struct loop_fd *src, void (*fn)(struct loop_fd *src, uint32_t events))
{
    struct sigaction action = { .sa_handler = handler, .sa_flags = SA_RESTART | SA_NOCLDSTOP };
    int rc = 0;

    pthread_mutex_lock(&lock);
    if (wake_fd < 0) {
        wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        rc = wake_fd < 0 ? -errno : 0;
    }
    if (rc == 0)
        rc = loop_fd_add(loop, src, wake_fd, EPOLLIN | EPOLLET, fn);
    if (rc == 0 && users++ == 0) {
        sigemptyset(&action.sa_mask);
        sigaction(SIGCHLD, &action, &before);
    }
    pthread_mutex_unlock(&lock);
    return rc;
}

void sigchld_unwatch(struct loop_fd *src)
{
    if (!src->loop)
        return;
    pthread_mutex_lock(&lock);
    loop_fd_remove(src);
    if (--users == 0)
        sigaction(SIGCHLD, &before, NULL);
    pthread_mutex_unlock(&lock);
}

void sigchld_forget(void)
{
    pthread_mutex_init(&lock, NULL); /* whoever held it is not in this process */
    if (users)
        sigaction(SIGCHLD, &before, NULL);
    users = 0;
    if (wake_fd >= 0)
        close(wake_fd);
    wake_fd = -1;
}
