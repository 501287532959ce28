/* SPDX-License-Identifier: GPL-2.0-only */
/* Prints what the public headers of libxenstore say; compiled with ours and with the distribution's (abi.sh). */
#include <stddef.h>
#include <stdio.h>

#include <xenstore.h>

#define SHOW(x) printf("%s %lu\n", #x, (unsigned long)(x))

int main(void)
{
    SHOW(XS_CONTROL);
    SHOW(XS_DEBUG);
    SHOW(XS_DIRECTORY);
    SHOW(XS_READ);
    SHOW(XS_GET_PERMS);
    SHOW(XS_WATCH);
    SHOW(XS_UNWATCH);
    SHOW(XS_TRANSACTION_START);
    SHOW(XS_TRANSACTION_END);
    SHOW(XS_INTRODUCE);
    SHOW(XS_RELEASE);
    SHOW(XS_GET_DOMAIN_PATH);
    SHOW(XS_WRITE);
    SHOW(XS_MKDIR);
    SHOW(XS_RM);
    SHOW(XS_SET_PERMS);
    SHOW(XS_WATCH_EVENT);
    SHOW(XS_ERROR);
    SHOW(XS_IS_DOMAIN_INTRODUCED);
    SHOW(XS_RESUME);
    SHOW(XS_SET_TARGET);
    SHOW(XS_RESET_WATCHES);
    SHOW(XS_DIRECTORY_PART);
    SHOW(XS_TYPE_COUNT);
    SHOW(XS_INVALID);
    SHOW(XS_WATCH_PATH);
    SHOW(XS_WATCH_TOKEN);
    SHOW(XBT_NULL);
    SHOW(XS_OPEN_READONLY);
    SHOW(XS_OPEN_SOCKETONLY);
    SHOW(XS_UNWATCH_FILTER);
    SHOW(XS_PERM_NONE);
    SHOW(XS_PERM_READ);
    SHOW(XS_PERM_WRITE);
    SHOW(XS_PERM_ENOENT_OK);
    SHOW(XS_PERM_OWNER);
    SHOW(XS_PERM_IGNORE);
    SHOW(MAX_STRLEN(int));
    SHOW(MAX_STRLEN(long));
    SHOW(XENSTORE_PAYLOAD_MAX);
    SHOW(XENSTORE_ABS_PATH_MAX);
    SHOW(XENSTORE_REL_PATH_MAX);
    SHOW(XENSTORE_RING_SIZE);
    SHOW(XENSTORE_SERVER_FEATURE_RECONNECTION);
    SHOW(XENSTORE_SERVER_FEATURE_ERROR);
    SHOW(XENSTORE_CONNECTED);
    SHOW(XENSTORE_RECONNECT);
    SHOW(XENSTORE_ERROR_NONE);
    SHOW(XENSTORE_ERROR_COMM);
    SHOW(XENSTORE_ERROR_RINGIDX);
    SHOW(XENSTORE_ERROR_PROTO);
    SHOW(MASK_XENSTORE_IDX(1025));
    SHOW(sizeof(xs_transaction_t));
    SHOW(sizeof(struct xs_permissions));
    SHOW(offsetof(struct xs_permissions, perms));
    SHOW(sizeof(struct xsd_sockmsg));
    SHOW(offsetof(struct xsd_sockmsg, type));
    SHOW(offsetof(struct xsd_sockmsg, req_id));
    SHOW(offsetof(struct xsd_sockmsg, tx_id));
    SHOW(offsetof(struct xsd_sockmsg, len));
    SHOW(sizeof(struct xenstore_domain_interface));
    SHOW(offsetof(struct xenstore_domain_interface, rsp));
    SHOW(offsetof(struct xenstore_domain_interface, req_cons));
    SHOW(offsetof(struct xenstore_domain_interface, req_prod));
    SHOW(offsetof(struct xenstore_domain_interface, rsp_cons));
    SHOW(offsetof(struct xenstore_domain_interface, rsp_prod));
    SHOW(offsetof(struct xenstore_domain_interface, server_features));
    SHOW(offsetof(struct xenstore_domain_interface, connection));
    SHOW(offsetof(struct xenstore_domain_interface, error));
    for (size_t i = 0; i < sizeof(xsd_errors) / sizeof(xsd_errors[0]); i++)
        printf("%d %s\n", xsd_errors[i].errnum, xsd_errors[i].errstring);
    printf("%s %s %s\n", XS_WRITE_NONE, XS_WRITE_CREATE, XS_WRITE_CREATE_EXCL);
    return 0;
}
