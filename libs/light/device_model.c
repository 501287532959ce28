/* SPDX-License-Identifier: LGPL-2.1-only */
#include "light/device_model.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "light/domain_op.h"
#include "light/info.h"

const char *light_model_logs = LOCALSTATEDIR "/log/xen";

#define ARGS_MAX 512 /* channels, extra= */
#define START_SECONDS 60
#define END_SECONDS 10

/* --- its arguments --- */

struct args {
    struct op *op;
    const char *list[ARGS_MAX + 1];
    unsigned count;
    bool lacks_memory;
};

static void add(struct args *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void add(struct args *a, const char *format, ...)
{
    va_list args;
    const char *text;

    va_start(args, format);
    text = arena_vprintf(&a->op->arena, format, args);
    va_end(args);
    if (!text || a->count == ARGS_MAX)
        a->lacks_memory = true;
    else
        a->list[a->count++] = text;
}

static void add_socket(struct args *a, const char *id, uint32_t domid)
{
    add(a, "-chardev");
    add(a, "socket,id=%s-cmd,path=%s/qmp-%s-%u,server=on,wait=off", id, light_qmp_folder, id, domid);
    add(a, "-mon");
    add(a, "chardev=%s-cmd,mode=control", id);
}

/* QEMU's options are separated by commas; one in a value is written twice. */
static const char *escaped(struct args *a, const char *text)
{
    char *copy = arena_alloc(&a->op->arena, 2 * strlen(text) + 1);

    for (char *to = copy; copy && *text; text++) {
        *to++ = *text;
        if (*text == ',')
            *to++ = ',';
    }
    a->lacks_memory |= !copy;
    return copy ? copy : "";
}

/* A channel that is a terminal has that of its backend, which needs no option. */
static void add_channels(struct args *a, const libxl_domain_config *config)
{
    for (int i = 0; i < config->num_channels; i++) {
        const libxl_device_channel *channel = &config->channels[i];

        if (channel->connection != LIBXL_CHANNEL_CONNECTION_SOCKET)
            continue;
        add(a, "-chardev");
        add(a, "socket,id=" LIGHT_MODEL_CHANNEL ",path=%s,server=on,wait=off", channel->devid,
            escaped(a, channel->u.socket.path));
    }
}

/* The password is told later: everybody sees arguments. */
static void add_vnc(struct args *a, const libxl_vnc_info *vnc)
{
    const char *more = libxl_defbool_val(vnc->findunused) ? ",to=99" : "";
    const char *password = vnc->passwd && vnc->passwd[0] ? ",password=on" : "", *listen = escaped(a, vnc->listen);

    if (light_vnc_listen_has_display(listen))
        add(a, "%s%s%s", listen, more, password);
    else
        add(a, "%s:%d%s%s", listen, vnc->display, more, password);
}

/* A screen: by VNC, in a window, or none. */
static void add_display(struct args *a, const libxl_domain_config *config)
{
    const libxl_device_vfb *vfb = config->num_vfbs > 0 ? config->vfbs : NULL;

    add(a, "-vnc");
    if (vfb && libxl_defbool_val(vfb->vnc.enable))
        add_vnc(a, &vfb->vnc);
    else
        add(a, "none");
    add(a, "-display");
    if (vfb && libxl_defbool_val(vfb->sdl.enable))
        add(a, "sdl,gl=%s", libxl_defbool_val(vfb->sdl.opengl) ? "on" : "off");
    else
        add(a, "none");
    if (!vfb)
        add(a, "-nographic");
    if (vfb && vfb->keymap) {
        add(a, "-k");
        add(a, "%s", vfb->keymap);
    }
}

/* Of its process: where windows are. */
static const char *const *environment(struct args *a, const libxl_domain_config *config)
{
    const libxl_sdl_info *sdl = config->num_vfbs > 0 ? &config->vfbs[0].sdl : NULL;
    const char **env = arena_alloc(&a->op->arena, 4 * sizeof(*env));
    unsigned n = 0;

    a->lacks_memory |= !env;
    if (!env)
        return NULL;
    env[n++] = "XEN_QEMU_CONSOLE_LIMIT=1048576";
    if (sdl && libxl_defbool_val(sdl->enable) && sdl->display)
        env[n++] = arena_printf(&a->op->arena, "DISPLAY=%s", sdl->display);
    if (sdl && libxl_defbool_val(sdl->enable) && sdl->xauthority)
        env[n++] = arena_printf(&a->op->arena, "XAUTHORITY=%s", sdl->xauthority);
    for (unsigned i = 0; i < n; i++)
        a->lacks_memory |= !env[i];
    return env;
}

static void arguments(struct args *a, const struct light_model *m)
{
    const libxl_domain_build_info *b = &m->config->b_info;

    add(a, "%s", b->device_model ? b->device_model : LIGHT_QEMU);
    add(a, "-xen-domid");
    add(a, "%u", m->domid);
    add(a, "-no-shutdown");
    add_socket(a, "libxl", m->domid);
    add_socket(a, "libxenstat", m->domid);
    add_channels(a, m->config);
    add(a, "-nodefaults");
    add(a, "-no-user-config");
    add(a, "-xen-attach");
    add(a, "-name");
    add(a, "%s", m->config->c_info.name);
    add_display(a, m->config);
    add(a, "-machine");
    add(a, "xenpv");
    add(a, "-m");
    add(a, "%ju", (uintmax_t)(b->max_memkb + 1023) / 1024);
    for (char **extra = b->extra; extra && *extra; extra++)
        add(a, "%s", *extra);
    for (char **extra = b->extra_pv; extra && *extra; extra++)
        add(a, "%s", *extra);
}

/* --- its start --- */

/* It stays until its devices are taken away: they need it for that. */
void light_model_stop(struct light_model *m)
{
    m->starting = false;
    light_state_stop(&m->wait);
}

static void model_ended(struct light_child *child, int status, const char *said)
{
    struct light_model *m = (struct light_model *)((char *)child - offsetof(struct light_model, child));

    int rc = ERROR_FAIL;

    if (!m->starting)
        return;
    light_model_stop(m);
    if (said[0]) /* by us, in its place: what it says itself is in its log */
        op_fail(m->op, rc, "%s %s: is qemu-system-xen installed?", m->program, said);
    else
        op_fail(m->op, rc, "it has ended at once (status 0x%x): see %s", (unsigned)status, m->log);
    op_step_done(m->op, rc);
}

static int state_look(struct light_state_wait *wait, const char *value)
{
    struct light_model *m = (struct light_model *)((char *)wait - offsetof(struct light_model, wait));

    if (!value || strcmp(value, "running"))
        return OP_WAITS;
    m->starting = false;
    return 0;
}

static int state_late(struct light_state_wait *wait)
{
    return op_fail(wait->op, ERROR_TIMEDOUT, "it does not run after %u s", wait->seconds);
}

int light_model_start(struct op *op, struct light_model *m)
{
    struct args args = { .op = op };
    struct light_child_wish wish = { .what = "QEMU", .argv = args.list, .env = environment(&args, m->config) };
    int rc;

    m->op = op;
    arguments(&args, m);
    m->log = wish.log = arena_printf(&op->arena, "%s/qemu-dm-%s.log", light_model_logs, m->config->c_info.name);
    m->wait = (struct light_state_wait){
        .op = op,
        .ctx = m->ctx,
        .path = arena_printf(&op->arena, "/local/domain/0/device-model/%u/state", m->domid),
        .look = state_look,
        .seconds = START_SECONDS,
        .late = state_late,
    };
    if (args.lacks_memory || !wish.log || !m->wait.path)
        return op_fail(op, ERROR_NOMEM, "no memory");
    rc = light_child_start(m->ctx, &m->child, &wish, model_ended);
    if (rc < 0)
        return op_fail(op, ERROR_FAIL, "%s cannot be started: %s", args.list[0], strerror(-rc));
    m->starting = true;
    m->program = args.list[0];
    return light_state_wait(&m->wait);
}

/* --- does one run? --- */

/* A number may be another process's by now. */
static bool is_model_of(uint32_t pid, uint32_t domid)
{
    char path[40], line[4096], want[32];
    int fd _cleanup_close_ = -1, len = snprintf(want, sizeof(want), "-xen-domid%c%u", '\0', domid) + 1;
    ssize_t n;

    snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
    fd = open(path, O_RDONLY | O_CLOEXEC);
    n = fd < 0 ? 0 : read(fd, line, sizeof(line));
    return n > 0 && memmem(line, (size_t)n, want, (size_t)len);
}

static bool runs(const struct light_model *m, int rc, const char *payload)
{
    uint32_t pid;

    return rc == 0 && light_number(payload, &pid) && is_model_of(pid, m->domid);
}

static const char *pid_path(const struct light_tx *tx)
{
    const struct light_model *m = tx->arg;

    return arena_printf(&tx->op->arena, "/local/domain/%u/image/device-model-pid", m->domid);
}

/* Nothing is written for a domain that has gone. */
static int domain_there(struct light_tx *tx, int rc, const char *payload, size_t len)
{
    (void)tx;
    (void)payload;
    (void)len;
    return rc == -ENOENT ? -ESRCH : rc;
}

static void look_for_domain(struct light_tx *tx)
{
    const struct light_model *m = tx->arg;

    light_tx_read(tx, arena_printf(&tx->op->arena, "/local/domain/%u", m->domid), domain_there);
}

static int answer(struct light_tx *tx, int rc)
{
    return rc == -ESRCH ? op_fail(tx->op, ERROR_DOMAIN_NOTFOUND, "there is no such domain") : light_store_answer(tx->op, rc);
}

static int find_answer(struct light_tx *tx, int rc, const char *payload, size_t len)
{
    struct light_model *m = tx->arg;

    (void)len;
    if (rc < 0 && rc != -ENOENT)
        return rc;
    m->runs = runs(m, rc, payload);
    if (!m->runs)
        light_tx_remove(tx, arena_printf(&tx->op->arena, "/local/domain/0/device-model/%u/state", m->domid));
    return 0;
}

static void find_body(struct light_tx *tx)
{
    look_for_domain(tx);
    light_tx_read(tx, pid_path(tx), find_answer);
}

int light_model_find(struct op *op, struct light_model *m)
{
    m->tx = (struct light_tx){ .op = op, .arg = m, .body = find_body, .done = answer };
    return light_tx_run(m->ctx, &m->tx);
}

static void forget_body(struct light_tx *tx)
{
    const struct light_model *m = tx->arg;

    light_tx_remove(tx, pid_path(tx));
    light_tx_remove(tx, arena_printf(&tx->op->arena, "/local/domain/0/device-model/%u", m->domid));
}

int light_model_forget(struct op *op, struct light_model *m)
{
    m->tx = (struct light_tx){ .op = op, .arg = m, .body = forget_body };
    return light_tx_run(m->ctx, &m->tx);
}

/* --- it runs: who ends it reads its number, and until that is written it ends with us --- */

static void pid_write(struct light_tx *tx)
{
    const struct light_model *m = tx->arg;

    light_tx_write(tx, pid_path(tx), arena_printf(&tx->op->arena, "%ld", (long)light_child_pid(&m->child)));
    light_model_tell(tx, m);
}

static int pid_before(struct light_tx *tx, int rc, const char *payload, size_t len)
{
    struct light_model *m = tx->arg;

    (void)len;
    if (rc < 0 && rc != -ENOENT)
        return rc;
    m->runs = runs(m, rc, payload);
    if (!m->runs)
        pid_write(tx);
    return 0;
}

static void pid_body(struct light_tx *tx)
{
    const struct light_model *m = tx->arg;

    if (!m->alone) {
        pid_write(tx);
        return;
    }
    look_for_domain(tx);
    light_tx_read(tx, pid_path(tx), pid_before);
}

static int pid_written(struct light_tx *tx, int rc)
{
    struct light_model *m = tx->arg;

    if (rc == 0 && m->runs)
        light_child_kill(&m->child);
    else if (rc == 0)
        light_child_release(&m->child);
    return answer(tx, rc);
}

int light_model_keep(struct op *op, struct light_model *m)
{
    m->tx = (struct light_tx){ .op = op, .arg = m, .body = pid_body, .done = pid_written };
    return light_tx_run(m->ctx, &m->tx);
}

/* --- its end --- */

void light_model_release(struct light_model *m)
{
    light_model_stop(m);
    light_child_kill(&m->child);
    light_qmp_stop(&m->qmp);
    loop_timer_remove(&m->timer);
    loop_fd_remove(&m->ended);
    if (m->fd > 0)
        close(m->fd);
    m->fd = 0;
}

/* It is no more: what it leaves, if it was killed. */
static int clean(struct light_model *m)
{
    static const char *const sockets[] = { "libxl", "libxenstat" };
    char path[64];

    light_model_release(m);
    for (unsigned i = 0; i < 2; i++) {
        snprintf(path, sizeof(path), "%s/qmp-%s-%u", light_qmp_folder, sockets[i], m->domid);
        unlink(path);
    }
    return 0;
}

static void gone(struct loop_fd *src, uint32_t events)
{
    struct light_model *m = (struct light_model *)((char *)src - offsetof(struct light_model, ended));

    (void)events;
    op_step_done(m->op, clean(m));
}

static int signal_it(const struct light_model *m, int number)
{
    return syscall(SYS_pidfd_send_signal, m->fd, number, NULL, 0) < 0 ? -errno : 0;
}

static void too_long(struct loop_timer *timer)
{
    struct light_model *m = (struct light_model *)((char *)timer - offsetof(struct light_model, timer));

    log_warn(m->op->log, "domain %u: its device model does not end, and is killed", m->domid);
    signal_it(m, SIGKILL);
}

static int pid_read(struct light_look *look)
{
    struct light_model *m = look->arg;
    uint32_t pid;
    int rc;

    if (!m->pid.text || !light_number(m->pid.text, &pid))
        return clean(m);
    m->fd = (int)syscall(SYS_pidfd_open, pid, 0);
    if (m->fd < 0 || !is_model_of(pid, m->domid))
        return clean(m);
    rc = loop_fd_add(look->op->loop, &m->ended, m->fd, EPOLLIN, gone);
    if (rc == 0)
        rc = signal_it(m, SIGHUP);
    if (rc < 0 && rc != -ESRCH)
        return op_fail(look->op, ERROR_FAIL, "process %u: %s", pid, strerror(-rc));
    loop_timer_set(look->op->loop, &m->timer, loop_now() + END_SECONDS * LOOP_SECOND, too_long);
    return OP_WAITS;
}

int light_model_end(struct op *op, struct light_model *m)
{
    m->op = op;
    m->starting = false;
    light_child_kill(&m->child);
    m->pid.path = arena_printf(&op->arena, "/local/domain/%u/image/device-model-pid", m->domid);
    m->look = (struct light_look){ .op = op, .arg = m, .done = pid_read };
    light_look_begin(m->ctx, &m->look);
    light_look_read(&m->look, &m->pid);
    return light_look_end(&m->look);
}
