/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A toolstack of a page, out of libxl's public functions alone:
 *     light_life create NAME KERNEL RAMDISK MIB VCPUS COMMAND-LINE, which prints the number of the domain, paused
 *     light_life unpause|pause|shutdown|reboot|destroy DOMID
 *     light_life list
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libxl.h>
#include <libxl_utils.h>

static int create(libxl_ctx *ctx, char **argv)
{
    libxl_domain_config config;
    uint32_t domid = 0;
    int rc;

    libxl_domain_config_init(&config);
    libxl_domain_create_info_init(&config.c_info);
    config.c_info.type = LIBXL_DOMAIN_TYPE_PVH;
    config.c_info.name = strdup(argv[0]);
    libxl_uuid_generate(&config.c_info.uuid);
    libxl_domain_build_info_init(&config.b_info);
    libxl_domain_build_info_init_type(&config.b_info, LIBXL_DOMAIN_TYPE_PVH);
    config.b_info.kernel = strdup(argv[1]);
    config.b_info.ramdisk = strdup(argv[2]);
    config.b_info.max_memkb = config.b_info.target_memkb = strtoull(argv[3], NULL, 10) * 1024;
    config.b_info.max_vcpus = atoi(argv[4]);
    libxl_bitmap_alloc(ctx, &config.b_info.avail_vcpus, config.b_info.max_vcpus);
    libxl_bitmap_set_any(&config.b_info.avail_vcpus);
    config.b_info.cmdline = strdup(argv[5]);
    rc = libxl_domain_create_new(ctx, &config, &domid, NULL, NULL);
    if (rc == 0)
        printf("%u\n", domid);
    libxl_domain_config_dispose(&config);
    return rc;
}

static int list(libxl_ctx *ctx, char **argv)
{
    int count = 0;
    libxl_dominfo *domains = libxl_list_domain(ctx, &count);

    (void)argv;
    for (int i = 0; i < count; i++) {
        char *name = libxl_domid_to_name(ctx, domains[i].domid);

        printf("%u %s %u %s\n", domains[i].domid, name ? name : "-", domains[i].vcpu_online,
               domains[i].paused ? "paused" : domains[i].shutdown ? "shutdown" : "runs");
        free(name);
    }
    libxl_dominfo_list_free(domains, count);
    return domains ? 0 : ERROR_FAIL;
}

#define ON_DOMAIN(verb)                                                                                                \
    static int do_##verb(libxl_ctx *ctx, char **argv)                                                                       \
    {                                                                                                                  \
        return libxl_domain_##verb(ctx, (uint32_t)atoi(argv[0]), NULL);                                                \
    }

ON_DOMAIN(pause)
ON_DOMAIN(unpause)
ON_DOMAIN(shutdown)
ON_DOMAIN(reboot)
ON_DOMAIN(destroy)

static const struct verb {
    const char *name;
    int args;
    int (*fn)(libxl_ctx *ctx, char **argv);
} verbs[] = {
    { "create", 6, create },       { "list", 0, list },
    { "pause", 1, do_pause },     { "unpause", 1, do_unpause },
    { "shutdown", 1, do_shutdown }, { "reboot", 1, do_reboot },
    { "destroy", 1, do_destroy },
};

int main(int argc, char **argv)
{
    xentoollog_logger_stdiostream *logger = xtl_createlogger_stdiostream(stderr, XTL_PROGRESS, 0);
    libxl_ctx *ctx = NULL;
    int rc = ERROR_INVAL;

    if (!logger || libxl_ctx_alloc(&ctx, LIBXL_VERSION, 0, (xentoollog_logger *)logger))
        return 1;
    for (unsigned i = 0; argc > 1 && i < sizeof(verbs) / sizeof(verbs[0]); i++)
        if (!strcmp(argv[1], verbs[i].name) && argc == 2 + verbs[i].args)
            rc = verbs[i].fn(ctx, argv + 2);
    libxl_ctx_free(ctx);
    xtl_logger_destroy((xentoollog_logger *)logger);
    if (rc)
        fprintf(stderr, "light_life: %s\n", libxl_error_to_string(rc));
    return rc ? 1 : 0;
}
