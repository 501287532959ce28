/* SPDX-License-Identifier: LGPL-2.1-only */
/* What QEMU is told and asked when it runs: the password of its screen, and which port that has. */
#include <string.h>

#include "light/device_model.h"
#include "light/info.h"

static const libxl_vnc_info *vnc_of(const struct light_model *m)
{
    const libxl_domain_config *c = m->config;

    return c->num_vfbs > 0 && libxl_defbool_val(c->vfbs[0].vnc.enable) ? &c->vfbs[0].vnc : NULL;
}

/* --- its answer: it becomes nodes, so it has to be what it should be --- */

static const char *text_of(const struct json_node *object, const char *key)
{
    const struct json_node *node = object->kind == JSON_OBJECT ? json_member(object, key) : NULL;

    return node && node->kind == JSON_STRING ? node->text : "";
}

static int heard_screen(struct light_model *m, const struct json_node *answer)
{
    struct arena *arena = &m->op->arena;
    uint32_t port;
    char host[256];

    if (!light_number(text_of(answer, "service"), &port) || port == 0 || port > 65535)
        return op_fail(m->op, ERROR_FAIL, "QEMU names no port of its VNC server");
    if (!text_of(answer, "host")[0])
        return op_fail(m->op, ERROR_FAIL, "QEMU names no address of its VNC server");
    light_qmp_plain(host, sizeof(host), json_member(answer, "host"));
    m->vnc_port = arena_printf(arena, "%u", port);
    m->vnc_listen = arena_strdup(arena, host);
    return m->vnc_port && m->vnc_listen ? 0 : op_fail(m->op, ERROR_NOMEM, "no memory");
}

/* --- asking --- */

static int next(struct light_qmp *qmp, const struct json_node *answer)
{
    struct light_model *m = qmp->arg;
    const char *password = vnc_of(m)->passwd;

    if (!answer && password && password[0])
        return light_qmp_ask(qmp, "change-vnc-password", "password", password);
    if (strcmp(qmp->command, "query-vnc"))
        return light_qmp_ask(qmp, "query-vnc", NULL, NULL);
    return heard_screen(m, answer);
}

int light_model_ask(struct op *op, struct light_model *m)
{
    if (!vnc_of(m))
        return 0;
    m->qmp = (struct light_qmp){ .domid = m->domid, .arg = m, .log = m->log, .next = next };
    return light_qmp_run(op, &m->qmp);
}

void light_model_tell(struct light_tx *tx, const struct light_model *m)
{
    struct arena *arena = &tx->op->arena;

    if (m->vnc_port) {
        light_tx_write(tx, arena_printf(arena, "/local/domain/%u/console/vnc-listen", m->domid), m->vnc_listen);
        light_tx_write(tx, arena_printf(arena, "/local/domain/%u/console/vnc-port", m->domid), m->vnc_port);
    }
}
