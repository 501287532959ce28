/* SPDX-License-Identifier: GPL-2.0-only */
/* Access decisions: the default policy (privileged domain, device model of its target, plain guest). */
#include "errno.h"
#include "op.h"

static bool controls(const struct domain *caller, const struct domain *target)
{
    return caller->privileged || (caller->target_of != DOMID_INVALID && caller->target_of == target->id);
}

int rights_check(const struct domain *caller, const struct domain *target, enum op_right right)
{
    bool allowed = false;

    switch (right) {
    case RIGHT_ANY:
        allowed = true;
        break;
    case RIGHT_SELF:
        allowed = target == caller;
        break;
    case RIGHT_SELF_OR_DM:
        allowed = target == caller || controls(caller, target);
        break;
    case RIGHT_DM:
        allowed = controls(caller, target);
        break;
    case RIGHT_PRIV:
        allowed = caller->privileged;
        break;
    }
    return allowed ? 0 : -EPERM;
}
