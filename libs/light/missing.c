/* SPDX-License-Identifier: LGPL-2.1-only */
/*
 * Public functions that are not there yet. Programs are linked with all that they could call, so these have to be
 * exported: they say so, and fail. Whoever writes one takes its row out.
 *
 * The functions' arguments do not matter; so that they need not be repeated, each has a C name of its own, and the
 * public one as its symbol.
 */
#include "ctx.h"

static int not_there(libxl_ctx *ctx, const char *name)
{
    light_log(ctx, XTL_ERROR, -1, "%s is not implemented", name);
    return ERROR_NI;
}

/* Fails with ERROR_NI. */
#define MISSING(name)                                   \
    int no_##name(libxl_ctx *ctx) __asm__(#name);       \
    int no_##name(libxl_ctx *ctx)                       \
    {                                                   \
        return not_there(ctx, #name);                   \
    }

/* Returns a list: NULL. */
#define MISSING_LIST(name)                              \
    void *no_##name(libxl_ctx *ctx) __asm__(#name);     \
    void *no_##name(libxl_ctx *ctx)                     \
    {                                                   \
        not_there(ctx, #name);                          \
        return NULL;                                    \
    }

/* Answers a question with no: there is no such thing here. */
#define MISSING_THING(name)                             \
    int no_##name(libxl_ctx *ctx) __asm__(#name);       \
    int no_##name(libxl_ctx *ctx)                       \
    {                                                   \
        (void)ctx;                                      \
        return 0;                                       \
    }

/* Frees what there never is. */
#define MISSING_FREE(name)                              \
    void no_##name(void *list) __asm__(#name);          \
    void no_##name(void *list)                          \
    {                                                   \
        (void)list;                                     \
    }

/* --- PCI --- */
MISSING(libxl_device_pci_add)
MISSING(libxl_device_pci_assignable_add)
MISSING_LIST(libxl_device_pci_assignable_list)
MISSING_FREE(libxl_device_pci_assignable_list_free)
MISSING(libxl_device_pci_assignable_remove)
MISSING(libxl_device_pci_destroy)
MISSING_LIST(libxl_device_pci_list)
MISSING_FREE(libxl_device_pci_list_free)
MISSING(libxl_device_pci_remove)
MISSING_LIST(libxl_get_pci_topology)
MISSING_FREE(libxl_pcitopology_list_free)

/* --- USB --- */
MISSING(libxl_ctrlport_to_device_usbdev)
MISSING(libxl_device_usbctrl_add)
MISSING(libxl_device_usbctrl_destroy)
MISSING(libxl_device_usbctrl_getinfo)
MISSING_LIST(libxl_device_usbctrl_list)
MISSING_FREE(libxl_device_usbctrl_list_free)
MISSING(libxl_device_usbctrl_remove)
MISSING(libxl_device_usbdev_add)
MISSING_LIST(libxl_device_usbdev_list)
MISSING_FREE(libxl_device_usbdev_list_free)
MISSING(libxl_device_usbdev_remove)
MISSING(libxl_devid_to_device_usbctrl)

/* --- other devices --- */
MISSING(libxl_device_events_handler)
MISSING(libxl_device_pvcallsif_destroy)
MISSING(libxl_device_pvcallsif_remove)
MISSING(libxl_device_vdispl_add)
MISSING(libxl_device_vdispl_destroy)
MISSING(libxl_device_vdispl_getinfo)
MISSING_LIST(libxl_device_vdispl_list)
MISSING_FREE(libxl_device_vdispl_list_free)
MISSING(libxl_device_vdispl_remove)
MISSING(libxl_device_vsnd_add)
MISSING(libxl_device_vsnd_destroy)
MISSING(libxl_device_vsnd_getinfo)
MISSING_LIST(libxl_device_vsnd_list)
MISSING_FREE(libxl_device_vsnd_list_free)
MISSING(libxl_device_vsnd_remove)
MISSING(libxl_devid_to_device_vdispl)
MISSING(libxl_devid_to_device_vsnd)

/* --- saving and restoring --- */
MISSING(libxl_domain_create_restore)
MISSING(libxl_domain_remus_start)
MISSING(libxl_domain_soft_reset)
MISSING(libxl_domain_suspend)
MISSING(libxl_domain_suspend_only)

/* --- hypervisors of ours have no such things, or no such call --- */
MISSING(libxl_flask_context_to_sid)
MISSING(libxl_flask_getenforce)
MISSING(libxl_flask_loadpolicy)
MISSING(libxl_flask_setenforce)
MISSING(libxl_flask_sid_to_context)
MISSING(libxl_psr_cat_get_cbm)
MISSING(libxl_psr_cat_get_info)
MISSING(libxl_psr_cat_get_l3_info)
MISSING_FREE(libxl_psr_cat_info_list_free)
MISSING(libxl_psr_cat_set_cbm)
MISSING(libxl_psr_cmt_attach)
MISSING(libxl_psr_cmt_detach)
MISSING_THING(libxl_psr_cmt_domain_attached)
MISSING_THING(libxl_psr_cmt_enabled)
MISSING(libxl_psr_cmt_get_cache_occupancy)
MISSING(libxl_psr_cmt_get_l3_cache_size)
MISSING(libxl_psr_cmt_get_sample)
MISSING(libxl_psr_cmt_get_total_rmid)
MISSING_THING(libxl_psr_cmt_type_supported)
MISSING(libxl_psr_get_hw_info)
MISSING(libxl_psr_get_val)
MISSING_FREE(libxl_psr_hw_info_list_free)
MISSING(libxl_psr_set_val)
MISSING(libxl_set_parameters)

/* --- parameters of single vCPUs: the scheduler RTDS --- */
MISSING(libxl_vcpu_sched_params_get)
MISSING(libxl_vcpu_sched_params_get_all)
MISSING(libxl_vcpu_sched_params_set)
MISSING(libxl_vcpu_sched_params_set_all)
