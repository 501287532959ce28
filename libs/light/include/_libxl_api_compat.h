/* SPDX-License-Identifier: LGPL-2.1-only */
/* Functions with the arguments that they had when LIBXL_API_VERSION was new; without it, as they are. */
#ifndef LIBXL_API_COMPAT_H
#define LIBXL_API_COMPAT_H

#if !defined(LIBXL_API_VERSION) || LIBXL_API_VERSION < 0x041400
/* Nothing to do any more: domains are made with their policy. */
static inline void libxl_cpuid_apply_policy(libxl_ctx *ctx, uint32_t domid)
{
    (void)ctx;
    (void)domid;
}

static inline void libxl_cpuid_set(libxl_ctx *ctx, uint32_t domid, libxl_cpuid_policy_list cpuid)
{
    (void)ctx;
    (void)domid;
    (void)cpuid;
}
#endif

#ifdef LIBXL_API_VERSION

#if LIBXL_API_VERSION < 0x040400
static inline int libxl_domain_create_restore_0x040200(libxl_ctx *ctx, libxl_domain_config *config, uint32_t *domid,
                                                       int fd, const libxl_asyncop_how *ao,
                                                       const libxl_asyncprogress_how *console)
{
    libxl_domain_restore_params params;
    int rc;

    libxl_domain_restore_params_init(&params);
    rc = libxl_domain_create_restore(ctx, config, domid, fd, -1, &params, ao, console);
    libxl_domain_restore_params_dispose(&params);
    return rc;
}
#define libxl_domain_create_restore libxl_domain_create_restore_0x040200
#elif LIBXL_API_VERSION < 0x040700
#define libxl_domain_create_restore(ctx, config, domid, fd, params, ao, console)    \
    libxl_domain_create_restore(ctx, config, domid, fd, -1, params, ao, console)
#endif

#if LIBXL_API_VERSION < 0x040500
#define libxl_set_vcpuaffinity(ctx, domid, vcpu, map) libxl_set_vcpuaffinity(ctx, domid, vcpu, map, NULL)
#define libxl_set_vcpuaffinity_all(ctx, domid, max, map) libxl_set_vcpuaffinity_all(ctx, domid, max, map, NULL)
#define libxl_uuid_copy(dst, src) libxl_uuid_copy(NULL, dst, src)
#endif

#if LIBXL_API_VERSION >= 0x040500 && LIBXL_API_VERSION < 0x040700
#define ERROR_REMUS_DEVOPS_DOES_NOT_MATCH ERROR_CHECKPOINT_DEVOPS_DOES_NOT_MATCH
#define ERROR_REMUS_DEVICE_NOT_SUPPORTED ERROR_CHECKPOINT_DEVICE_NOT_SUPPORTED
#endif

#if LIBXL_API_VERSION < 0x040800
#define libxl_get_memory_target libxl_get_memory_target_0x040700
#define libxl_domain_need_memory libxl_domain_need_memory_0x040700
#define libxl_get_free_memory libxl_get_free_memory_0x040700
#define libxl_console_exec(ctx, domid, number, type) libxl_console_exec(ctx, domid, number, type, -1)
#define libxl_primary_console_exec(ctx, domid) libxl_primary_console_exec(ctx, domid, -1)
#elif LIBXL_API_VERSION < 0x041300
#define libxl_domain_need_memory libxl_domain_need_memory_0x041200
#endif

#if LIBXL_API_VERSION < 0x041300
#define libxl_domain_pause(ctx, domid) libxl_domain_pause(ctx, domid, NULL)
#define libxl_domain_reboot(ctx, domid) libxl_domain_reboot(ctx, domid, NULL)
#define libxl_domain_shutdown(ctx, domid) libxl_domain_shutdown(ctx, domid, NULL)
#define libxl_domain_unpause(ctx, domid) libxl_domain_unpause(ctx, domid, NULL)
#define libxl_qemu_monitor_command(ctx, domid, line, out) libxl_qemu_monitor_command(ctx, domid, line, out, NULL)
#define libxl_retrieve_domain_configuration(ctx, domid, config) \
    libxl_retrieve_domain_configuration(ctx, domid, config, NULL)
#define libxl_send_trigger(ctx, domid, trigger, vcpu) libxl_send_trigger(ctx, domid, trigger, vcpu, NULL)
#define libxl_set_vcpuonline(ctx, domid, map) libxl_set_vcpuonline(ctx, domid, map, NULL)
#endif

#endif

#endif
