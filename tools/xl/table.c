/* SPDX-License-Identifier: GPL-2.0-only */
/* The commands: everything that is known of one stands in its row and in its options. */
#include <string.h>

#include "xl/xl.h"

static const struct xl_option help_options[] = { { OPT_LONG, "long", NULL, "all commands with their options" }, { 0 } };
static const struct xl_option create_options[] = {
    { 'c', NULL, NULL, "connect to the console when the domain is created" },
    { 'd', NULL, NULL, "debug messages, and the configuration as JSON before them" },
    { 'e', NULL, NULL, "do not wait in the background for the domain's end" },
    { 'F', NULL, NULL, "stay in the foreground until the domain's end" },
    { 'f', "defconfig", "FILE", "the configuration" },
    { 'n', "dryrun", NULL, "print what would be created, as JSON, and create nothing" },
    { 'p', NULL, NULL, "leave the domain paused" },
    { 'q', "quiet", NULL, "no messages but errors" },
    { 'V', "vncviewer", NULL, "start a VNC viewer for it" },
    { 'A', "vncviewer-autopass", NULL, "give the viewer the password on its standard input" },
    { OPT_IGNORE_MASKS, "ignore-global-affinity-masks", NULL, "without the masks of CPUs of xl.conf" },
    { OPT_TIMING, "timing", NULL, "print how long each step took" },
    { OPT_JSON, "json", NULL, "with --timing: as JSON" },
    { OPT_PROGRESS, "progress", "json", "a line of JSON on standard error for each step" },
    { OPT_PIDFILE, "pidfile", "FILE", "write the number of the process that waits for the domain's end" },
    { 0 },
};
static const struct xl_option update_options[] = {
    { 'd', NULL, NULL, "print the configuration as JSON" },
    { 'f', "defconfig", "FILE", "the configuration" },
    { 'q', "quiet", NULL, "as without it: no messages but errors" },
    { 0 },
};
static const struct xl_option console_options[] = {
    { 't', NULL, "TYPE", "pv, serial or vuart" },
    { 'n', NULL, "NUMBER", "which of its consoles" },
    { 0 },
};
static const struct xl_option vnc_options[] = {
    { OPT_AUTOPASS, "autopass", NULL, "give the viewer the password on its standard input" },
    { OPT_VNC_AUTOPASS, "vncviewer-autopass", NULL, "the same" },
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
    { 'w', "wait", NULL, "wait until they have; twice: until they are gone" },
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
static const struct xl_option pin_options[] = {
    { 'f', "force", NULL, "also where the guest's kernel has pinned the vCPU itself for a time" },
    { OPT_IGNORE_MASKS, "ignore-global-affinity-masks", NULL, "without the masks of CPUs of xl.conf" },
    { 0 },
};
static const struct xl_option vcpu_set_options[] = {
    { 'i', "ignore-host", NULL, "also more than the host has CPUs" },
    { 0 },
};
static const struct xl_option credit_options[] = {
    { 'd', "domain", "DOMAIN", "of this domain" },
    { 'w', "weight", "WEIGHT", "set its weight: 1 to 65535" },
    { 'c', "cap", "CAP", "set how much of a CPU it may have, in percent; 0: all it can" },
    { 's', "schedparam", NULL, "of the pool, not of its domains" },
    { 't', "tslice_ms", "MS", "set the time slice" },
    { 'r', "ratelimit_us", "US", "set for how long a vCPU runs at least" },
    { 'm', "migration_delay_us", "US", "set how long a CPU's cache is taken for warm" },
    { 'p', "cpupool", "POOL", "only this CPU pool" },
    { OPT_JSON, "json", NULL, "as JSON" },
    { 0 },
};
static const struct xl_option credit2_options[] = {
    { 'd', "domain", "DOMAIN", "of this domain" },
    { 'w', "weight", "WEIGHT", "set its weight: 1 to 65535" },
    { 'c', "cap", "CAP", "set how much of a CPU it may have, in percent; 0: all it can" },
    { 's', "schedparam", NULL, "of the pool, not of its domains" },
    { 'r', "ratelimit_us", "US", "set for how long a vCPU runs at least" },
    { 'p', "cpupool", "POOL", "only this CPU pool" },
    { OPT_JSON, "json", NULL, "as JSON" },
    { 0 },
};
static const struct xl_option rtds_options[] = {
    { 'd', "domain", "DOMAIN", "of this domain" },
    { 'v', "vcpuid", "VCPU|all", "of this vCPU; again for more, each with its own -p, -b and -e" },
    { 'p', "period", "US", "set the period" },
    { 'b', "budget", "US", "set how long it may run of each period" },
    { 'e', "extratime", "0|1", "set whether it has what others leave" },
    { 'c', "cpupool", "POOL", "only this CPU pool" },
    { OPT_JSON, "json", NULL, "as JSON" },
    { 0 },
};
static const struct xl_option pool_create_options[] = {
    { 'f', "defconfig", "FILE", "the configuration" },
    { 'n', "dryrun", NULL, "print what would be created, and create nothing" },
    { 0 },
};
static const struct xl_option pool_list_options[] = {
    { 'c', "cpus", NULL, "which CPUs they have" },
    { OPT_JSON, "json", NULL, "as JSON" },
    { 0 },
};
static const struct xl_option hwinfo_options[] = {
    { 'm', "cmt", NULL, "cache monitoring" },
    { 'a', "cat", NULL, "cache allocation" },
    { 'b', "mba", NULL, "memory bandwidth" },
    { 0 },
};
static const struct xl_option cat_set_options[] = {
    { 's', NULL, "SOCKET", "of this socket" }, { 'l', NULL, "LEVEL", "of this level of cache" },
    { 'c', NULL, NULL, "of code" },            { 'd', NULL, NULL, "of data" },
    { 0 },
};
static const struct xl_option cat_show_options[] = { { 'l', NULL, "LEVEL", "of this level of cache" }, { 0 } };
static const struct xl_option mba_set_options[] = { { 's', NULL, "SOCKET", "of this socket" }, { 0 } };
static const struct xl_option dmesg_options[] = { { 'c', NULL, NULL, "empty the buffer" }, { 0 } };
static const struct xl_option uptime_options[] = {
    { 's', NULL, NULL, "short" },
    { OPT_JSON, "json", NULL, "as JSON" },
    { 0 },
};
static const struct xl_option detach_options[] = { { 'f', "force", NULL, "do not wait for the guest" }, { 0 } };

const struct xl_command xl_commands[] = {
    { "create", cmd_create, XL_DRY_RUN, 0, -1, "[FILE] [OPTIONS] [KEY=VALUE...]", "Create a domain from a configuration",
      create_options },
    { "config-update", cmd_config_update, XL_DRY_RUN, 1, -1, "DOMAIN [FILE] [OPTIONS] [KEY=VALUE...]",
      "Replace the configuration that a domain is made of again when it reboots", update_options },
    { "list", cmd_list, 0, 0, 1, "[OPTIONS] [DOMAIN]", "List domains", list_options },
    { "destroy", cmd_destroy, 0, 1, 1, "[OPTIONS] DOMAIN", "End a domain at once", destroy_options },
    { "shutdown", cmd_shutdown, 0, 0, -1, "[OPTIONS] -a|DOMAIN...", "Ask a domain to power off", shutdown_options },
    { "reboot", cmd_reboot, 0, 0, -1, "[OPTIONS] -a|DOMAIN...", "Ask a domain to reboot", shutdown_options },
    { "pause", cmd_pause, 0, 1, 1, "DOMAIN", "Stop a domain's vCPUs", NULL },
    { "unpause", cmd_unpause, 0, 1, 1, "DOMAIN", "Let a paused domain run on", NULL },
    { "console", cmd_console, 0, 1, 1, "[OPTIONS] DOMAIN", "Connect to a domain's console", console_options },
    { "vncviewer", cmd_vncviewer, 0, 1, 1, "[OPTIONS] DOMAIN", "Show a domain's screen", vnc_options },
    { "qemu-monitor-command", cmd_qemu_monitor, 0, 2, 2, "DOMAIN COMMAND", "Give a domain's device model a command", NULL },
    { "save", NULL, 0, 2, 3, "[OPTIONS] DOMAIN FILE [CONFIG]", "Save a domain's state to a file", save_options },
    { "restore", NULL, XL_DRY_RUN, 1, 2, "[OPTIONS] [CONFIG] FILE", "Make a domain from a saved state", restore_options },
    { "migrate", NULL, 0, 2, 2, "[OPTIONS] DOMAIN HOST", "Move a domain to another host", migrate_options },
    { "migrate-receive", NULL, 0, 0, 0, "[OPTIONS]", "The other end of migrate", receive_options },
    { "dump-core", cmd_dump_core, 0, 2, 2, "DOMAIN FILE", "Write a domain's memory to a file", NULL },
    { "mem-max", cmd_mem_max, 0, 2, 2, "DOMAIN MEMORY[b|k|m|g|t]", "Set what a domain may have of memory", NULL },
    { "mem-set", cmd_mem_set, 0, 2, 2, "DOMAIN MEMORY[b|k|m|g|t]", "Set what a domain has of memory", NULL },
    { "vcpu-list", cmd_vcpu_list, 0, 0, -1, "[OPTIONS] [DOMAIN...]", "List vCPUs", json_options },
    { "check", cmd_check, XL_NO_CONTEXT, 0, 0, "[OPTIONS]", "Look whether domains can be created here, and say what to do",
      json_options },
    { "vcpu-pin", cmd_vcpu_pin, XL_DRY_RUN, 3, 4, "[OPTIONS] DOMAIN VCPU|all CPUS|all|- [CPUS|all|-]",
      "Set on which CPUs a vCPU may run, and on which it runs best", pin_options },
    { "vcpu-set", cmd_vcpu_set, 0, 2, 2, "[OPTIONS] DOMAIN VCPUS", "Set how many vCPUs of a domain are on", vcpu_set_options },
    { "vm-list", cmd_vm_list, 0, 0, 0, "[OPTIONS]", "List guests with their UUIDs", json_options },
    { "info", cmd_info, 0, 0, 1, "[OPTIONS] [LINE]", "What is known of the host", info_options },
    { "sharing", cmd_sharing, 0, 0, 1, "[OPTIONS] [DOMAIN]", "What memory domains share", json_options },
    { "sched-credit", cmd_sched_credit, 0, 0, 0, "[OPTIONS]", "Show or set parameters of the scheduler credit", credit_options },
    { "sched-credit2", cmd_sched_credit2, 0, 0, 0, "[OPTIONS]", "Show or set parameters of the scheduler credit2",
      credit2_options },
    { "sched-rtds", cmd_sched_rtds, 0, 0, 0, "[OPTIONS]", "Show or set parameters of the scheduler rtds", rtds_options },
    { "domid", cmd_domid, 0, 1, 1, "NAME", "The number of a domain", NULL },
    { "domname", cmd_domname, 0, 1, 1, "NUMBER", "The name of a domain", NULL },
    { "rename", cmd_rename, 0, 2, 2, "DOMAIN NAME", "Rename a domain", NULL },
    { "trigger", cmd_trigger, 0, 2, 3, "DOMAIN nmi|reset|init|power|sleep|s3resume [VCPU]", "Send a domain a trigger", NULL },
    { "sysrq", cmd_sysrq, 0, 2, 2, "DOMAIN LETTER", "Press a magic SysRq key of a domain", NULL },
    { "button-press", cmd_button_press, 0, 2, 2, "DOMAIN power|sleep", "Press an ACPI button of a domain", NULL },
    { "debug-keys", cmd_debug_keys, 0, 1, 1, "KEYS", "Press debug keys of the hypervisor", NULL },
    { "set-parameters", cmd_set_parameters, 0, 1, 1, "PARAMETERS", "Set parameters of the hypervisor", NULL },
    { "top", cmd_top, 0, 0, 0, "", "Watch the host and its domains, with xentop", NULL },
    { "cpupool-create", cmd_cpupool_create, XL_DRY_RUN, 0, -1, "[FILE] [OPTIONS] [KEY=VALUE...]", "Create a CPU pool",
      pool_create_options },
    { "cpupool-list", cmd_cpupool_list, 0, 0, 1, "[OPTIONS] [POOL]", "List CPU pools", pool_list_options },
    { "cpupool-destroy", cmd_cpupool_destroy, 0, 1, 1, "POOL", "End a CPU pool that no domain is in", NULL },
    { "cpupool-rename", cmd_cpupool_rename, 0, 2, 2, "POOL NAME", "Rename a CPU pool", NULL },
    { "cpupool-cpu-add", cmd_cpupool_cpu_add, 0, 2, 2, "POOL CPUS|node:NODE", "Add CPUs to a pool", NULL },
    { "cpupool-cpu-remove", cmd_cpupool_cpu_remove, 0, 2, 2, "POOL CPUS|node:NODE", "Take CPUs out of a pool", NULL },
    { "cpupool-migrate", cmd_cpupool_migrate, 0, 2, 2, "DOMAIN POOL", "Move a domain to a CPU pool", NULL },
    { "cpupool-numa-split", cmd_cpupool_numa_split, 0, 0, 0, "", "Make a CPU pool of each NUMA node", NULL },
    { "getenforce", cmd_flask_get, 0, 0, 0, "", "Whether the security module Flask enforces its policy", NULL },
    { "setenforce", cmd_flask_set, 0, 1, 1, "1|0|Enforcing|Permissive", "Set whether Flask enforces its policy", NULL },
    { "loadpolicy", cmd_flask_load, 0, 1, 1, "FILE", "Load a policy into Flask", NULL },
    { "psr-hwinfo", cmd_psr, 0, 0, 0, "[OPTIONS]", "What of shared resources the processors have", hwinfo_options },
    { "psr-cmt-attach", cmd_psr, 0, 1, 1, "DOMAIN", "Watch a domain's use of caches", NULL },
    { "psr-cmt-detach", cmd_psr, 0, 1, 1, "DOMAIN", "Watch it no longer", NULL },
    { "psr-cmt-show", cmd_psr, 0, 1, 2, "KIND [DOMAIN]", "Show the use of caches or memory bandwidth", NULL },
    { "psr-cat-set", cmd_psr, 0, 2, 2, "[OPTIONS] DOMAIN CBM", "Set which part of the caches a domain has", cat_set_options },
    { "psr-cat-show", cmd_psr, 0, 0, 1, "[OPTIONS] [DOMAIN]", "Show which part of the caches domains have", cat_show_options },
    { "psr-mba-set", cmd_psr, 0, 2, 2, "[OPTIONS] DOMAIN THROTTLE", "Set a domain's memory bandwidth", mba_set_options },
    { "psr-mba-show", cmd_psr, 0, 0, 1, "[DOMAIN]", "Show memory bandwidths of domains", NULL },
    { "dmesg", cmd_dmesg, 0, 0, 0, "[OPTIONS]", "What the hypervisor has logged", dmesg_options },
    { "uptime", cmd_uptime, 0, 0, -1, "[OPTIONS] [DOMAIN...]", "How long domains run", uptime_options },
    { "claims", cmd_claims, 0, 0, 0, "[OPTIONS]", "What memory is set aside for domains", json_options },
    { "network-attach", cmd_network_attach, XL_DRY_RUN, 1, -1, "DOMAIN [KEY=VALUE...]", "Add a network device to a domain", NULL },
    { "network-list", cmd_network_list, 0, 1, -1, "[OPTIONS] DOMAIN...", "List a domain's network devices", json_options },
    { "network-detach", cmd_network_detach, 0, 2, 2, "DOMAIN DEVICE|MAC", "Take a network device from a domain", NULL },
    { "block-attach", cmd_block_attach, XL_DRY_RUN, 2, -1, "DOMAIN DISK...", "Add a disk to a domain", NULL },
    { "block-list", cmd_block_list, 0, 1, -1, "[OPTIONS] DOMAIN...", "List a domain's disks", json_options },
    { "block-detach", cmd_block_detach, 0, 2, 2, "[OPTIONS] DOMAIN DEVICE", "Take a disk from a domain", detach_options },
    { "cd-insert", cmd_cd_insert, XL_DRY_RUN, 3, 3, "DOMAIN DEVICE FILE", "Put a medium into a domain's CD drive", NULL },
    { "cd-eject", cmd_cd_eject, XL_DRY_RUN, 2, 2, "DOMAIN DEVICE", "Take the medium out of a domain's CD drive", NULL },
    { "channel-list", cmd_channel_list, 0, 1, -1, "[OPTIONS] DOMAIN...", "List a domain's channels", json_options },
    { "vtpm-attach", cmd_vtpm_attach, XL_DRY_RUN, 1, -1, "DOMAIN [KEY=VALUE...]", "Add a TPM to a domain", NULL },
    { "vtpm-list", cmd_vtpm_list, 0, 1, -1, "[OPTIONS] DOMAIN...", "List a domain's TPMs", json_options },
    { "vtpm-detach", cmd_vtpm_detach, 0, 2, 2, "DOMAIN DEVICE|UUID", "Take a TPM from a domain", NULL },
    { "vkb-attach", cmd_vkb_attach, XL_DRY_RUN, 2, -1, "DOMAIN KEY=VALUE...", "Add a keyboard and pointer to a domain", NULL },
    { "vkb-list", cmd_vkb_list, 0, 1, -1, "[OPTIONS] DOMAIN...", "List a domain's keyboards", json_options },
    { "vkb-detach", cmd_vkb_detach, 0, 2, 2, "DOMAIN DEVICE", "Take a keyboard and pointer from a domain", NULL },
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
