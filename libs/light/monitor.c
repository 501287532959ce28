/* SPDX-License-Identifier: LGPL-2.1-only */
/* A command to the monitor of a domain's device model, and what that prints. */
#include <stdlib.h>
#include <string.h>

#include "light/domain_op.h"
#include "light/events.h"
#include "light/qmp.h"

struct monitor {
    struct light_domain on;
    const char *line;
    char **ret_output;
    struct light_qmp qmp;
};

static int next(struct light_qmp *qmp, const struct json_node *answer)
{
    const struct monitor *m = qmp->arg;

    if (!answer)
        return light_qmp_ask(qmp, "human-monitor-command", "command-line", m->line);
    if (answer->kind != JSON_STRING)
        return op_fail(qmp->op, ERROR_FAIL, "QEMU answers with no text");
    *m->ret_output = strdup(answer->text);
    return *m->ret_output ? 0 : op_fail(qmp->op, ERROR_NOMEM, "no memory");
}

static int ask(struct op *op)
{
    struct monitor *m = op->arg;

    if (!m->line)
        return op_fail(op, ERROR_NOMEM, "no memory");
    m->qmp = (struct light_qmp){ .domid = m->on.domid, .arg = m, .next = next };
    return light_qmp_run(op, &m->qmp);
}

static void stop(struct op *op)
{
    light_qmp_stop(&((struct monitor *)op->arg)->qmp);
}

static const struct op_step steps[] = {
    { .name = "asking its device model", .start = ask, .stop = stop, .seconds = LIGHT_QMP_SECONDS },
};

int libxl_qemu_monitor_command(libxl_ctx *ctx, uint32_t domid, const char *command_line, char **output,
                               const libxl_asyncop_how *ao_how)
{
    struct monitor *m;
    struct op *op;
    int rc = light_domain_op_new(ctx, domid, steps, 1, sizeof(*m), &op);

    if (rc)
        return rc;
    m = op->arg;
    m->line = arena_strdup(&op->arena, command_line);
    m->ret_output = output;
    op->release = stop;
    return light_op_run(ctx, op, ao_how);
}
