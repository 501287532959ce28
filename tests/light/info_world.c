/* SPDX-License-Identifier: GPL-2.0-only */
#include "light/info_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <xenstore.h>

#include "fake/ctrl_loop.h"
#include "light/userdata.h"
#include "store/async.h"
#include "store/client.h"

const libxl_uuid first_uuid = {{1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1}};
const libxl_uuid second_uuid = {{2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2, 2}};

struct ctrl_priv *priv;
uint32_t domids[GUESTS];
static char folder[] = "/tmp/light-info-XXXXXX";

/* --- the store --- */
bool store_closed;
int store_error, store_conflicts;
char written[64];

struct xs_handle *xs_open(unsigned long flags)
{
    (void)flags;
    errno = ECONNREFUSED;
    return store_closed ? NULL : (struct xs_handle *)&store_closed;
}

bool xs_set_permissions(struct xs_handle *h, xs_transaction_t t, const char *path, struct xs_permissions *perms, unsigned num)
{
    (void)h;
    (void)t;
    (void)path;
    (void)perms;
    (void)num;
    return true;
}

void xs_daemon_destroy_postfork(struct xs_handle *h)
{
    xs_close(h);
}

void xs_close(struct xs_handle *xsh)
{
    assert_ptr_equal(xsh, &store_closed);
}

bool client_is_broken(struct xs_handle *xsh)
{
    assert_ptr_equal(xsh, &store_closed);
    return false;
}

void *xs_read(struct xs_handle *xsh, xs_transaction_t tx, const char *path, unsigned *len)
{
    char want[64], value[64] = "";
    int i;

    (void)xsh, (void)tx;
    for (i = 0; i < GUESTS; i++) {
        snprintf(want, sizeof(want), "/local/domain/%u/name", domids[i]);
        if (!strcmp(path, want))
            snprintf(value, sizeof(value), "guest%d", i);
    }
    snprintf(want, sizeof(want), "/local/domain/%u/target", domids[2]);
    if (!strcmp(path, want))
        snprintf(value, sizeof(value), "%u", domids[0]);
    snprintf(want, sizeof(want), "/local/domain/%u/image/device-model-domid", domids[0]);
    if (!strcmp(path, want))
        snprintf(value, sizeof(value), "%u", domids[2]);
    snprintf(want, sizeof(want), "/local/domain/%u/vm", domids[1]);
    if (!strcmp(path, want))
        strcpy(value, "/vm/x");
    if (!strcmp(path, "/vm/x/start_time"))
        strcpy(value, "1700000000.25");
    if (!strcmp(path, "/local/domain/0/name"))
        strcpy(value, "Domain-0");
    errno = store_error ? store_error : ENOENT;
    if (store_error || !value[0])
        return NULL;
    *len = (unsigned)strlen(value);
    return strdup(value);
}

int store_read_many(const char *const *paths, unsigned n, char **ret_values)
{
    unsigned len;

    if (store_error || store_closed)
        return store_error ? -store_error : -ECONNREFUSED;
    for (unsigned i = 0; i < n; i++)
        ret_values[i] = xs_read(NULL, XBT_NULL, paths[i], &len);
    return 0;
}

bool xs_write(struct xs_handle *xsh, xs_transaction_t tx, const char *path, const void *data, unsigned len)
{
    (void)xsh, (void)tx, (void)data, (void)len;
    if (*path)
        snprintf(written, sizeof(written), "%s", path);
    errno = store_error;
    return !store_error;
}

bool xs_rm(struct xs_handle *xsh, xs_transaction_t tx, const char *path)
{
    return xs_write(xsh, tx, path, "", 0);
}

xs_transaction_t xs_transaction_start(struct xs_handle *xsh)
{
    return xs_write(xsh, XBT_NULL, "", "", 0) ? 1 : XBT_NULL;
}

bool xs_transaction_end(struct xs_handle *xsh, xs_transaction_t tx, bool abandon)
{
    if (abandon || store_conflicts-- <= 0)
        return xs_write(xsh, tx, "", "", 0);
    errno = EAGAIN;
    return false;
}

/* --- the guests --- */
static void guest_new(int i)
{
    struct xen_domctl_createdomain config = {
        .flags = XEN_DOMCTL_CDF_hvm | XEN_DOMCTL_CDF_hap,
        .max_vcpus = 2,
        .max_evtchn_port = 1023,
        .max_grant_frames = -1,
        .max_maptrack_frames = -1,
        .grant_opts = 2,
        .arch = {.emulation_flags = XEN_X86_EMU_LAPIC},
    };

    memset(config.handle, i + 1, sizeof(config.handle));
    assert_int_equal(ctrl_domain_create(priv, &config, 0, &domids[i]), 0);
    assert_int_equal(ctrl_domain_max_vcpus(priv, domids[i], 2), 0);
    assert_int_equal(ctrl_domain_max_mem(priv, domids[i], 8192), 0);
}

int info_setup(void **state)
{
    ctrl_loop_init(32);
    assert_int_equal(ctrl_transport->priv_open(&priv), 0);
    for (int i = 0; i < GUESTS; i++)
        guest_new(i);
    store_closed = false;
    store_error = 0;
    return context_setup(state);
}

int info_teardown(void **state)
{
    assert_int_equal(context_teardown(state), 0);
    for (int i = 0; i < GUESTS; i++)
        assert_int_equal(ctrl_domain_destroy(priv, domids[i]), 0);
    ctrl_priv_close(priv);
    ctrl_loop_done();
    return 0;
}

int info_begin(void **state)
{
    (void)state;
    light_userdata_folder = mkdtemp(folder);
    return light_userdata_folder ? 0 : -1;
}

int info_end(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof(command), "rm -rf %s", folder);
    return system(command);
}
