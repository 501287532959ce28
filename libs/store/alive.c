/* SPDX-License-Identifier: LGPL-2.1-only */
#include <poll.h>

#include "store/client.h"

bool client_is_broken(struct xs_handle *h)
{
    struct pollfd p = { .fd = h->transport.fd, .events = POLLRDHUP };
    bool broken;

    pthread_mutex_lock(&h->lock);
    broken = h->broken;
    pthread_mutex_unlock(&h->lock);
    return broken || (h->transport.is_socket && poll(&p, 1, 0) > 0);
}
