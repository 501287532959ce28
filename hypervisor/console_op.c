/* SPDX-License-Identifier: GPL-2.0-only */
/* The console_io hypercall. */
#include "console.h"
#include "copy.h"
#include "errno.h"
#include "public/multicall.h"
#include "ctl.h"

#define CHUNK 128

static int64_t console_write(struct op *op)
{
    char buf[CHUNK];
    uint32_t left = (uint32_t)op->raw[1];

    while (left) {
        size_t n = min_u64(left, sizeof(buf));

        if (copy_from_guest(buf, op->raw[2], n))
            return -EFAULT;
        console_dom_write(op->caller, buf, n);
        left -= (uint32_t)n;
        /* The call's own registers say what is left to do. */
        op->raw[1] = left;
        op->raw[2] += n;
        if (left && cpu_should_preempt())
            return -ERESTART;
    }
    return 0;
}

static int64_t console_read(struct op *op)
{
    char buf[CHUNK];
    uint32_t count = (uint32_t)op->raw[1], done = 0;

    while (done < count) {
        int n = console_input_read(buf, min_u64(count - done, sizeof(buf)));

        if (n <= 0)
            break;
        if (copy_to_guest(op->raw[2] + done, buf, (size_t)n))
            return -EFAULT;
        done += (uint32_t)n;
    }
    return done;
}

int64_t do_console_io(struct op *op)
{
    int r = rights_check(op->caller, op->caller, RIGHT_PRIV);

    if (r)
        return r;
    switch ((uint32_t)op->raw[0]) {
    case CONSOLEIO_write:
        return console_write(op);
    case CONSOLEIO_read:
        return console_read(op);
    default:
        return -ENOSYS;
    }
}
