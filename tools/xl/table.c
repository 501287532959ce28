/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands: everything that is known of one stands in its row and in its options. */
#include <string.h>

#include "xl/xl.h"

static const struct xl_option help_options[] = { { OPT_LONG, "long", NULL, "all commands with their options" }, { 0 } };
static const struct xl_option create_options[] = {
    { 'c', NULL, NULL, "connect to the console when the domain is created" },
    { 'd', NULL, NULL, "debug messages" },
    { 'e', NULL, NULL, "do not wait in the background for the domain's end" },
    { 'F', NULL, NULL, "stay in the foreground until the domain's end" },
    { 'f', "defconfig", "FILE", "the configuration" },
    { 'n', "dryrun", NULL, "print what would be created, as JSON, and create nothing" },
    { 'p', NULL, NULL, "leave the domain paused" },
    { 'q', "quiet", NULL, "no messages but errors" },
    { 'V', "vncviewer", NULL, "start a VNC viewer for it" },
    { 'A', "vncviewer-autopass", NULL, "give the viewer the password on its standard input" },
    { OPT_IGNORE_MASKS, "ignore-global-affinity-masks", NULL, "without the masks of CPUs of xl.conf" },
    { 0 },
};
static const struct xl_option update_options[] = {
    { 'd', NULL, NULL, "debug messages" },
    { 'f', "defconfig", "FILE", "the configuration" },
    { 'q', "quiet", NULL, "no messages but errors" },
    { 0 },
};
static const struct xl_option console_options[] = {
    { 't', NULL, "TYPE", "pv, serial or vuart" },
    { 'n', NULL, "NUMBER", "which of its consoles" },
    { 'e', NULL, "ESCAPE", "the character that ends it" },
    { 0 },
};
static const struct xl_option destroy_options[] = { { 'f', NULL, NULL, "also domain 0" }, { 0 } };
static const struct xl_option list_options[] = {
    { 'l', "long", NULL, "all of their configuration, as JSON" },
    { 'v', "verbose", NULL, "also UUID, reason of the end, security label" },
    { 'Z', "context", NULL, "also the security label" },
    { 'c', "cpupool", NULL, "also the CPU pool" },
    { 'n', "numa", NULL, "also the NUMA nodes" },
    { OPT_JSON, "json", NULL, "as JSON" },
    { 0 },
};
static const struct xl_option shutdown_options[] = {
    { 'a', "all", NULL, "all guests" },
    { 'w', "wait", NULL, "wait until they have" },
    { 'F', NULL, NULL, "by ACPI, where a guest has no Xen drivers" },
    { 0 },
};
static const struct xl_option save_options[] = {
    { 'c', NULL, NULL, "let the domain run on" },
    { 'p', NULL, NULL, "leave the domain paused" },
    { 'D', NULL, NULL, "keep the domain's number" },
    { 0 },
};
static const struct xl_option restore_options[] = {
    { 'd', NULL, NULL, "debug messages" },
    { 'e', NULL, NULL, "do not wait in the background for the domain's end" },
    { 'F', NULL, NULL, "stay in the foreground until the domain's end" },
    { 'p', NULL, NULL, "leave the domain paused" },
    { 'V', "vncviewer", NULL, "start a VNC viewer for it" },
    { 'A', "vncviewer-autopass", NULL, "give the viewer the password on its standard input" },
    { 0 },
};
static const struct xl_option migrate_options[] = {
    { 'C', NULL, "CONFIG", "send this configuration" },
    { 's', NULL, "COMMAND", "instead of ssh; with an empty one, HOST is the whole command" },
    { 'e', NULL, NULL, "nobody there waits for the domain's end" },
    { 'p', NULL, NULL, "leave the domain paused" },
    { 'D', NULL, NULL, "keep the domain's number" },
    { OPT_DEBUG, "debug", NULL, "very many messages" },
    { 0 },
};
static const struct xl_option receive_options[] = {
    { 'F', NULL, NULL, "stay in the foreground" },
    { 'e', NULL, NULL, "do not wait for the domain's end" },
    { 'd', NULL, NULL, "debug messages" },
    { 'p', NULL, NULL, "leave the domain paused" },
    { 0 },
};
static const struct xl_option json_options[] = { { OPT_JSON, "json", NULL, "as JSON" }, { 0 } };
static const struct xl_option info_options[] = {
    { 'n', "numa", NULL, "also the NUMA nodes and CPUs" },
    { OPT_JSON, "json", NULL, "as JSON" },
    { 0 },
};
static const struct xl_option dmesg_options[] = { { 'c', NULL, NULL, "empty the buffer" }, { 0 } };
static const struct xl_option uptime_options[] = { { 's', NULL, NULL, "short" }, { 0 } };
static const struct xl_option detach_options[] = { { 'f', "force", NULL, "do not wait for the guest" }, { 0 } };

const struct xl_command xl_commands[] = {
    { "create", cmd_create, XL_DRY_RUN, 0, -1, "[FILE] [OPTIONS] [KEY=VALUE...]", "Create a domain from a configuration",
      create_options },
    { "config-update", NULL, XL_DRY_RUN, 1, -1, "DOMAIN [FILE] [OPTIONS] [KEY=VALUE...]",
      "Replace the configuration that a domain is made of again when it reboots", update_options },
    { "list", cmd_list, 0, 0, 1, "[OPTIONS] [DOMAIN]", "List domains", list_options },
    { "destroy", cmd_destroy, 0, 1, 1, "[OPTIONS] DOMAIN", "End a domain at once", destroy_options },
    { "shutdown", cmd_shutdown, 0, 0, -1, "[OPTIONS] -a|DOMAIN...", "Ask a domain to power off", shutdown_options },
    { "reboot", cmd_reboot, 0, 0, -1, "[OPTIONS] -a|DOMAIN...", "Ask a domain to reboot", shutdown_options },
    { "pause", cmd_pause, 0, 1, 1, "DOMAIN", "Stop a domain's vCPUs", NULL },
    { "unpause", cmd_unpause, 0, 1, 1, "DOMAIN", "Let a paused domain run on", NULL },
    { "console", NULL, 0, 1, 1, "[OPTIONS] DOMAIN", "Connect to a domain's console", console_options },
    { "save", NULL, 0, 2, 3, "[OPTIONS] DOMAIN FILE [CONFIG]", "Save a domain's state to a file", save_options },
    { "restore", NULL, XL_DRY_RUN, 1, 2, "[OPTIONS] [CONFIG] FILE", "Make a domain from a saved state", restore_options },
    { "migrate", NULL, 0, 2, 2, "[OPTIONS] DOMAIN HOST", "Move a domain to another host", migrate_options },
    { "migrate-receive", NULL, 0, 0, 0, "[OPTIONS]", "The other end of migrate", receive_options },
    { "dump-core", NULL, 0, 2, 2, "DOMAIN FILE", "Write a domain's memory to a file", NULL },
    { "mem-max", NULL, 0, 2, 2, "DOMAIN MEMORY[b|k|m|g|t]", "Set what a domain may have of memory", NULL },
    { "mem-set", NULL, 0, 2, 2, "DOMAIN MEMORY[b|k|m|g|t]", "Set what a domain has of memory", NULL },
    { "vcpu-list", cmd_vcpu_list, 0, 0, -1, "[OPTIONS] [DOMAIN...]", "List vCPUs", json_options },
    { "info", cmd_info, 0, 0, 0, "[OPTIONS]", "What is known of the host", info_options },
    { "domid", cmd_domid, 0, 1, 1, "NAME", "The number of a domain", NULL },
    { "domname", cmd_domname, 0, 1, 1, "NUMBER", "The name of a domain", NULL },
    { "rename", NULL, 0, 2, 2, "DOMAIN NAME", "Rename a domain", NULL },
    { "trigger", NULL, 0, 2, 3, "DOMAIN nmi|reset|init|power|sleep|s3resume [VCPU]", "Send a domain a trigger", NULL },
    { "sysrq", NULL, 0, 2, 2, "DOMAIN LETTER", "Press a magic SysRq key of a domain", NULL },
    { "debug-keys", cmd_debug_keys, 0, 1, 1, "KEYS", "Press debug keys of the hypervisor", NULL },
    { "dmesg", cmd_dmesg, 0, 0, 0, "[OPTIONS]", "What the hypervisor has logged", dmesg_options },
    { "uptime", NULL, 0, 0, -1, "[OPTIONS] [DOMAIN...]", "How long domains run", uptime_options },
    { "claims", cmd_claims, 0, 0, 0, "", "What memory is set aside for domains", NULL },
    { "network-attach", NULL, XL_DRY_RUN, 1, -1, "DOMAIN [KEY=VALUE...]", "Add a network device to a domain", NULL },
    { "network-list", NULL, 0, 1, -1, "[OPTIONS] DOMAIN...", "List a domain's network devices", json_options },
    { "network-detach", NULL, 0, 2, 2, "DOMAIN DEVICE|MAC", "Take a network device from a domain", NULL },
    { "block-attach", NULL, XL_DRY_RUN, 2, -1, "DOMAIN DISK...", "Add a disk to a domain", NULL },
    { "block-list", NULL, 0, 1, -1, "[OPTIONS] DOMAIN...", "List a domain's disks", json_options },
    { "block-detach", NULL, 0, 2, 2, "[OPTIONS] DOMAIN DEVICE", "Take a disk from a domain", detach_options },
    { "help", cmd_help, XL_NO_CONTEXT, 0, 1, "[OPTIONS] [COMMAND]", "What commands there are", help_options },
    { "__complete", cmd_complete, XL_NO_CONTEXT | XL_HIDDEN, 0, -1, "[WORD...]", "What may be typed next", NULL },
};
const size_t nr_xl_commands = sizeof(xl_commands) / sizeof(xl_commands[0]);

const struct xl_command *command_find(const char *name)
{
    for (size_t i = 0; i < nr_xl_commands; i++)
        if (!strcmp(xl_commands[i].name, name))
            return &xl_commands[i];
    return NULL;
}
