/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * Operations that the user may interrupt: they are undone then, instead of being left half-done. The signal's handler writes a byte to a
 * pipe, and a thread that reads it cancels the operation. A second signal ends the program as ever.
 */
#include <errno.h>
#include <libxl_event.h>
#include <pthread.h>
#include <signal.h>
#include <unistd.h>

#include "xl/interrupt.h"

static const int numbers[] = { SIGINT, SIGTERM, SIGHUP };
#define NR_SIGNALS (sizeof(numbers) / sizeof(numbers[0]))

static int wake_fd; /* for the handler */

static void interrupted(int number)
{
    int saved = errno;
    char byte = (char)number;

    (void)!write(wake_fd, &byte, 1);
    errno = saved;
}

static void *cancel(void *arg)
{
    struct interrupt *i = arg;
    char byte = 0;

    while (read(i->ends[0], &byte, 1) < 0 && errno == EINTR)
        ;
    if (byte)
        libxl_ao_abort(i->xl->ctx, &i->how);
    return NULL;
}

int interrupt_begin(struct interrupt *i, struct xl *xl)
{
    struct sigaction action = { .sa_handler = interrupted, .sa_flags = (int)SA_RESETHAND | SA_RESTART };

    *i = (struct interrupt){ .xl = xl, .how = { .u.for_event = (uintptr_t)i } };
    if (pipe(i->ends))
        return xl_fail(xl, "no pipe: %m");
    errno = pthread_create(&i->thread, NULL, cancel, i);
    if (errno) {
        close(i->ends[0]);
        close(i->ends[1]);
        return xl_fail(xl, "no thread: %m");
    }
    wake_fd = i->ends[1];
    for (size_t n = 0; n < NR_SIGNALS; n++) {
        sigaction(numbers[n], NULL, &i->old[n]);
        if (i->old[n].sa_handler != SIG_IGN) /* nohup's stays */
            sigaction(numbers[n], &action, NULL);
    }
    return 0;
}

static int is_its_end(const libxl_event *event, void *arg)
{
    const struct interrupt *i = arg;

    return event->for_user == i->how.u.for_event;
}

int interrupt_end(struct interrupt *i, int rc)
{
    libxl_event *event = NULL;
    char none = 0;

    if (!rc)
        rc = libxl_event_wait(i->xl->ctx, &event, UINT64_C(1) << LIBXL_EVENT_TYPE_OPERATION_COMPLETE, is_its_end, i);
    if (event) {
        rc = event->u.operation_complete.rc;
        libxl_event_free(i->xl->ctx, event);
    }
    for (size_t n = 0; n < NR_SIGNALS; n++)
        sigaction(numbers[n], &i->old[n], NULL);
    (void)!write(i->ends[1], &none, 1);
    pthread_join(i->thread, NULL);
    close(i->ends[0]);
    close(i->ends[1]);
    return rc;
}
