/* SPDX-License-Identifier: GPL-2.0-only */
/* The xl command: what its parts share. */
#ifndef XL_XL_H
#define XL_XL_H

#include <libxl.h>
#include <stdbool.h>
#include <stddef.h>

#include "xl/conf.h"

#define EXIT_USAGE 2 /* as stock ends when options or arguments are wrong */

struct xl_command;

/* The program: its global options, and the library's context. */
struct xl {
    const struct xl_command *command;
    libxl_ctx *ctx;
    xentoollog_logger *logger; /* the context's; NULL: none yet */
    struct xl_conf conf;
    struct timing *timing; /* timing.c's; NULL: no step is noted */
    int verbosity;
    bool dry_run;
    bool progress_cr; /* -t */
    bool timestamps;  /* -T */
};

/* An option of a command. Without a letter, code is above 0x80. */
struct xl_option {
    int code;         /* the letter; 0 ends the table */
    const char *name; /* --name; NULL: it has none */
    const char *arg;  /* what its argument is called; NULL: it takes none */
    const char *help;
};

enum { OPT_JSON = 0x80, OPT_LONG, OPT_DEBUG, OPT_IGNORE_MASKS, OPT_TIMING, OPT_PROGRESS, OPT_PIDFILE, OPT_AUTOPASS, OPT_VNC_AUTOPASS, OPT_CODES };

struct xl_given {
    int code;
    const char *value; /* NULL: it takes none */
};

/* What the user gave. */
struct xl_args {
    int given[OPT_CODES];         /* how often */
    const char *value[OPT_CODES]; /* the last, if an option was given more than once */
    struct xl_given *in_order;    /* each of them */
    int nr_given;
    char **args;
    int n;
};

#define XL_DRY_RUN 1u    /* -N means something to it */
#define XL_NO_CONTEXT 2u /* it needs no hypervisor */
#define XL_HIDDEN 4u     /* not for people */

struct xl_command {
    const char *name;
    int (*run)(struct xl *xl, const struct xl_args *args); /* NULL: not implemented */
    unsigned flags;
    int min_args;
    int max_args; /* -1: any number */
    const char *synopsis;
    const char *text;
    const struct xl_option *options; /* NULL: none */
};

extern const struct xl_command xl_commands[];
extern const size_t nr_xl_commands;

/* NULL: there is none. */
const struct xl_command *command_find(const char *name);

/* One line on standard error, "xl COMMAND: ...", with the cause behind if the library has said one; 1, the exit code. */
int xl_fail(const struct xl *xl, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The same of a libxl call: what was tried, and the cause, or what its code means. */
int xl_fail_rc(const struct xl *xl, int rc, const char *format, ...) __attribute__((format(printf, 3, 4)));

/* A new context with the logger; 0 or an exit code, and it was said why. In a child of fork() it has to be one of its own. */
int xl_context(struct xl *xl);
int xl_context_of_child(struct xl *xl);

/* logger.c */
bool logger_make(struct xl *xl);
/* From now on all messages are shown as they come, of the level that xl->verbosity says. */
void logger_show_all(struct xl *xl);
/* The first error since it was asked last, which is the caller's then; NULL: none. */
char *logger_take_cause(const struct xl *xl);

/* lock.c: what two creations must not do at once. -1: it was said why not. Ends with the descriptor, or the process. */
int lock_take(struct xl *xl);

/* They end the program when there is no memory. */
char *xl_strdup(const char *text);
void *xl_calloc(size_t n, size_t size);
void *xl_grow(void *array, int n, size_t size); /* room for one more, all zeros */

/* A decimal number as stock reads them (010 is ten), all of the text, from min to max; false: it was said that it is none. */
bool xl_number(const struct xl *xl, const char *what, const char *text, long min, long max, long *ret_number);

/* options.c: 0, or an exit code, with the usage printed; -1: help was asked for and given. In each case options_done(). */
int options_parse(struct xl *xl, int argc, char **argv, struct xl_args *ret_args);
void options_done(struct xl_args *args);

/* The file is the first argument that is no KEY=VALUE, or -f's (NULL: none); the arguments from the first setting on are. */
const char *config_file_of(const struct xl_args *args, int *ret_first_setting);

/* help.c */
void help_command(const struct xl_command *c);
void help_all(bool with_options);
int help_unknown(const char *name); /* says that there is no such command; 1 */

/* Commands, by file. */
int cmd_help(struct xl *xl, const struct xl_args *args);
int cmd_complete(struct xl *xl, const struct xl_args *args);
int cmd_block_attach(struct xl *xl, const struct xl_args *args);
int cmd_block_detach(struct xl *xl, const struct xl_args *args);
int cmd_block_list(struct xl *xl, const struct xl_args *args);
int cmd_button_press(struct xl *xl, const struct xl_args *args);
int cmd_cd_eject(struct xl *xl, const struct xl_args *args);
int cmd_cd_insert(struct xl *xl, const struct xl_args *args);
int cmd_channel_list(struct xl *xl, const struct xl_args *args);
int cmd_check(struct xl *xl, const struct xl_args *args);
int cmd_claims(struct xl *xl, const struct xl_args *args);
int cmd_config_update(struct xl *xl, const struct xl_args *args);
int cmd_console(struct xl *xl, const struct xl_args *args);
int cmd_cpupool_cpu_add(struct xl *xl, const struct xl_args *args);
int cmd_cpupool_cpu_remove(struct xl *xl, const struct xl_args *args);
int cmd_cpupool_create(struct xl *xl, const struct xl_args *args);
int cmd_cpupool_destroy(struct xl *xl, const struct xl_args *args);
int cmd_cpupool_list(struct xl *xl, const struct xl_args *args);
int cmd_cpupool_migrate(struct xl *xl, const struct xl_args *args);
int cmd_cpupool_numa_split(struct xl *xl, const struct xl_args *args);
int cmd_cpupool_rename(struct xl *xl, const struct xl_args *args);
int cmd_create(struct xl *xl, const struct xl_args *args);
int cmd_debug_keys(struct xl *xl, const struct xl_args *args);
int cmd_destroy(struct xl *xl, const struct xl_args *args);
int cmd_dmesg(struct xl *xl, const struct xl_args *args);
int cmd_domid(struct xl *xl, const struct xl_args *args);
int cmd_domname(struct xl *xl, const struct xl_args *args);
int cmd_dump_core(struct xl *xl, const struct xl_args *args);
int cmd_flask_get(struct xl *xl, const struct xl_args *args);
int cmd_flask_load(struct xl *xl, const struct xl_args *args);
int cmd_flask_set(struct xl *xl, const struct xl_args *args);
int cmd_info(struct xl *xl, const struct xl_args *args);
int cmd_list(struct xl *xl, const struct xl_args *args);
int cmd_mem_max(struct xl *xl, const struct xl_args *args);
int cmd_mem_set(struct xl *xl, const struct xl_args *args);
int cmd_network_attach(struct xl *xl, const struct xl_args *args);
int cmd_network_detach(struct xl *xl, const struct xl_args *args);
int cmd_network_list(struct xl *xl, const struct xl_args *args);
int cmd_pause(struct xl *xl, const struct xl_args *args);
int cmd_psr(struct xl *xl, const struct xl_args *args);
int cmd_reboot(struct xl *xl, const struct xl_args *args);
int cmd_rename(struct xl *xl, const struct xl_args *args);
int cmd_sched_credit(struct xl *xl, const struct xl_args *args);
int cmd_sched_credit2(struct xl *xl, const struct xl_args *args);
int cmd_sched_rtds(struct xl *xl, const struct xl_args *args);
int cmd_set_parameters(struct xl *xl, const struct xl_args *args);
int cmd_sharing(struct xl *xl, const struct xl_args *args);
int cmd_shutdown(struct xl *xl, const struct xl_args *args);
int cmd_sysrq(struct xl *xl, const struct xl_args *args);
int cmd_top(struct xl *xl, const struct xl_args *args);
int cmd_trigger(struct xl *xl, const struct xl_args *args);
int cmd_unpause(struct xl *xl, const struct xl_args *args);
int cmd_uptime(struct xl *xl, const struct xl_args *args);
int cmd_vcpu_list(struct xl *xl, const struct xl_args *args);
int cmd_vcpu_pin(struct xl *xl, const struct xl_args *args);
int cmd_vcpu_set(struct xl *xl, const struct xl_args *args);
int cmd_vkb_attach(struct xl *xl, const struct xl_args *args);
int cmd_vkb_detach(struct xl *xl, const struct xl_args *args);
int cmd_vkb_list(struct xl *xl, const struct xl_args *args);
int cmd_vm_list(struct xl *xl, const struct xl_args *args);
int cmd_vncviewer(struct xl *xl, const struct xl_args *args);
int cmd_qemu_monitor(struct xl *xl, const struct xl_args *args);
int cmd_vtpm_attach(struct xl *xl, const struct xl_args *args);
int cmd_vtpm_detach(struct xl *xl, const struct xl_args *args);
int cmd_vtpm_list(struct xl *xl, const struct xl_args *args);

/* A domain by name or number; 0, or an exit code, and it was said that there is none. */
int domain_find(struct xl *xl, const char *name, uint32_t *ret_domid);

#endif
