/* SPDX-License-Identifier: GPL-2.0-only */
/* The settings of xl.cfg(5). */
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "xl/config.h"

#define D(field) offsetof(libxl_domain_config, field)
#define TEXT(name, types, field) { name, KEY_TEXT, types, D(field), 0, 0, { NULL }, NULL }
#define BOOL(name, types, field) { name, KEY_BOOL, types, D(field), 0, 0, { NULL }, NULL }
#define INT(name, types, field, min, max) { name, KEY_INT, types, D(field), min, max, { NULL }, NULL }
#define U32(name, types, field, min, max) { name, KEY_U32, types, D(field), min, max, { NULL }, NULL }
#define MIB(name, types, field) { name, KEY_MIB, types, D(field), 0, 0, { NULL }, NULL }
#define TEXTS(name, types, field, old) { name, KEY_TEXTS, types, D(field), 0, 0, { NULL }, old }
/* max: of the numbers that old configurations have in place of names; 0: they had none. */
#define ENUM(name, types, field, read_fn, max) { name, KEY_ENUM, types, D(field), 0, max, { .text = read_fn }, NULL }
#define CUSTOM(name, types, fn) { name, KEY_CUSTOM, types, 0, 0, 0, { .setting = fn }, NULL }

/* libxl's functions, by way of an int. */
#define ENUM_READER(fn, type)                             \
    static int fn(const char *text, int *ret_value)       \
    {                                                     \
        libxl_##type value;                               \
        int rc = libxl_##type##_from_string(text, &value); \
                                                          \
        if (!rc)                                          \
            *ret_value = (int)value;                      \
        return rc;                                        \
    }
ENUM_READER(read_tsc_mode, tsc_mode)
ENUM_READER(read_timer_mode, timer_mode)
ENUM_READER(read_passthrough, passthrough)
ENUM_READER(read_bios, bios_type)
ENUM_READER(read_hdtype, hdtype)
ENUM_READER(read_vendor_device, vendor_device)
ENUM_READER(read_gic_version, gic_version)
ENUM_READER(read_vuart, vuart_type)
ENUM_READER(read_tee, tee_type)

static int read_vga(const char *text, int *ret_value)
{
    libxl_vga_interface_type value;
    int rc = libxl_vga_interface_type_from_string(!strcmp(text, "stdvga") ? "std" : text, &value);

    if (!rc)
        *ret_value = (int)value;
    return rc;
}

static int read_dm_version(const char *text, int *ret_value)
{
    libxl_device_model_version value;
    int rc = libxl_device_model_version_from_string(!strcmp(text, "qemu-xen")               ? "qemu_xen"
                                                    : !strcmp(text, "qemu-xen-traditional") ? "qemu_xen_traditional"
                                                                                            : text, &value);

    if (!rc)
        *ret_value = (int)value;
    return rc;
}

#define HVM FOR(HVM)
#define PVH FOR(PVH)
#define ALL FOR_ALL

const struct key xl_keys[] = {
    /* The type first: the others depend on it. */
    CUSTOM("type", ALL, key_type),
    { "builder", KEY_IGNORE, ALL, 0, 0, 0, { NULL }, NULL }, /* with type */
    { "pvh", KEY_IGNORE, FOR(PVH), 0, 0, 0, { NULL }, "pvh=1 is an old form of type=\"pvh\"" },
    TEXT("name", ALL, c_info.name),
    CUSTOM("uuid", ALL, key_uuid),
    TEXT("pool", ALL, c_info.pool_name),
    CUSTOM("init_seclabel", ALL, key_seclabel),
    CUSTOM("seclabel", ALL, key_seclabel),
    BOOL("driver_domain", ALL, c_info.driver_domain),
    BOOL("hap", ALL, c_info.hap),
    BOOL("oos", ALL, c_info.oos),
    BOOL("xend_suspend_evtchn_compat", ALL, c_info.xend_suspend_evtchn_compat),
    ENUM("passthrough", ALL, c_info.passthrough, read_passthrough, 0),
    CUSTOM("vcpus", ALL, key_vcpus),
    CUSTOM("maxvcpus", ALL, key_maxvcpus),
    CUSTOM("memory", ALL, key_memory),
    MIB("maxmem", ALL, b_info.max_memkb),
    CUSTOM("vnuma", ALL, key_vnuma),
    CUSTOM("cpus", ALL, key_cpus),
    CUSTOM("cpus_soft", ALL, key_cpus),
    INT("cpu_weight", ALL, b_info.sched_params.weight, 0, INT_MAX),
    INT("cap", ALL, b_info.sched_params.cap, -1, INT_MAX),
    INT("period", ALL, b_info.sched_params.period, 0, INT_MAX),
    INT("slice", ALL, b_info.sched_params.slice, 0, INT_MAX),
    INT("latency", ALL, b_info.sched_params.latency, 0, INT_MAX),
    INT("extratime", ALL, b_info.sched_params.extratime, 0, INT_MAX),
    CUSTOM("on_poweroff", ALL, key_action),
    CUSTOM("on_reboot", ALL, key_action),
    CUSTOM("on_watchdog", ALL, key_action),
    CUSTOM("on_crash", ALL, key_action),
    CUSTOM("on_soft_reset", ALL, key_action),
    TEXT("kernel", ALL, b_info.kernel),
    TEXT("ramdisk", ALL, b_info.ramdisk),
    CUSTOM("cmdline", ALL, key_cmdline),
    CUSTOM("root", ALL, key_cmdline),
    CUSTOM("extra", ALL, key_cmdline),
    TEXT("bootloader", ALL, b_info.bootloader),
    TEXTS("bootloader_args", ALL, b_info.bootloader_args, "bootloader_args is a list of texts; one text is an old form"),
    BOOL("nomigrate", ALL, b_info.disable_migrate),
    U32("max_grant_frames", ALL, b_info.max_grant_frames, 0, INT_MAX),
    U32("max_maptrack_frames", ALL, b_info.max_maptrack_frames, 0, INT_MAX),
    INT("max_grant_version", ALL, b_info.max_grant_version, 0, INT_MAX),
    U32("max_event_channels", ALL, b_info.event_channels, 0, INT_MAX),
    ENUM("tsc_mode", ALL, b_info.tsc_mode, read_tsc_mode, 3),
    U32("rtc_timeoffset", ALL, b_info.rtc_timeoffset, 0, INT_MAX),
    BOOL("localtime", ALL, b_info.localtime),
    BOOL("vpmu", ALL, b_info.vpmu),
    MIB("videoram", ALL, b_info.video_memkb),
    MIB("shadow_memory", ALL, b_info.shadow_memkb),
    BOOL("acpi", ALL, b_info.acpi),
    INT("vmtrace_buf_kb", ALL, b_info.vmtrace_buf_kb, 0, INT_MAX),
    CUSTOM("altp2m", ALL, key_altp2m),
    CUSTOM("cpuid", ALL, key_cpuid),
    TEXT("device_tree", ALL, b_info.device_tree),
    ENUM("gic_version", ALL, b_info.arch_arm.gic_version, read_gic_version, 0),
    ENUM("vuart", ALL, b_info.arch_arm.vuart, read_vuart, 0),
    ENUM("tee", ALL, b_info.tee, read_tee, 0),
    { "msr_relaxed", KEY_BOOL, ALL, D(b_info.arch_x86.msr_relaxed), 0, 0, { NULL }, "msr_relaxed will not stay for ever" },
    CUSTOM("ioports", ALL, key_ioports),
    CUSTOM("irqs", ALL, key_irqs),
    CUSTOM("iomem", ALL, key_iomem),
    /* What has a local APIC. */
    CUSTOM("timer_mode", FOR(PV), key_refused_pv),
    ENUM("timer_mode", HVM | PVH, b_info.timer_mode, read_timer_mode, 3),
    BOOL("apic", HVM, b_info.apic),
    BOOL("nestedhvm", ALL, b_info.nested_hvm),
    BOOL("e820_host", FOR(PV), b_info.u.pv.e820_host),
    BOOL("pvshim", PVH, b_info.u.pvh.pvshim),
    TEXT("pvshim_path", PVH, b_info.u.pvh.pvshim_path),
    TEXT("pvshim_cmdline", PVH, b_info.u.pvh.pvshim_cmdline),
    TEXT("pvshim_extra", PVH, b_info.u.pvh.pvshim_extra),
    /* What a device model makes. */
    CUSTOM("firmware", HVM, key_firmware),
    TEXT("firmware_override", HVM, b_info.u.hvm.firmware),
    ENUM("bios", HVM, b_info.u.hvm.bios, read_bios, 0),
    TEXT("bios_path_override", HVM, b_info.u.hvm.system_firmware),
    TEXT("boot", HVM, b_info.u.hvm.boot),
    ENUM("hdtype", HVM, b_info.u.hvm.hdtype, read_hdtype, 0),
    BOOL("pae", HVM, b_info.u.hvm.pae),
    BOOL("nx", HVM, b_info.u.hvm.nx),
    BOOL("acpi_s3", HVM, b_info.u.hvm.acpi_s3),
    BOOL("acpi_s4", HVM, b_info.u.hvm.acpi_s4),
    BOOL("acpi_laptop_slate", HVM, b_info.u.hvm.acpi_laptop_slate),
    BOOL("hpet", HVM, b_info.u.hvm.hpet),
    { "altp2mhvm", KEY_BOOL, HVM, D(b_info.u.hvm.altp2m), 0, 0, { NULL }, "altp2mhvm is an old form of altp2m" },
    BOOL("vpt_align", HVM, b_info.u.hvm.vpt_align),
    CUSTOM("ms_vm_genid", HVM, key_genid),
    MIB("mmio_hole", HVM, b_info.u.hvm.mmio_hole_memkb),
    BOOL("xen_platform_pci", HVM, b_info.u.hvm.xen_platform_pci),
    CUSTOM("serial", HVM, key_serial),
    ENUM("vga", HVM, b_info.u.hvm.vga.kind, read_vga, 0),
    CUSTOM("stdvga", HVM, key_stdvga),
    BOOL("usb", HVM, b_info.u.hvm.usb),
    INT("usbversion", HVM, b_info.u.hvm.usbversion, 0, 3),
    CUSTOM("usbdevice", HVM, key_serial),
    TEXT("soundhw", HVM, b_info.u.hvm.soundhw),
    TEXT("acpi_firmware", HVM, b_info.u.hvm.acpi_firmware),
    TEXT("smbios_firmware", HVM, b_info.u.hvm.smbios_firmware),
    BOOL("vkb_device", HVM, b_info.u.hvm.vkb_device),
    ENUM("vendor_device", HVM, b_info.u.hvm.vendor_device, read_vendor_device, 0),
    CUSTOM("rdm", HVM, key_rdm),
    MIB("rdm_mem_boundary", HVM, b_info.u.hvm.rdm_mem_boundary_memkb),
    BOOL("vnc", HVM, b_info.u.hvm.vnc.enable),
    TEXT("vnclisten", HVM, b_info.u.hvm.vnc.listen),
    TEXT("vncpasswd", HVM, b_info.u.hvm.vnc.passwd),
    CUSTOM("vncdisplay", HVM, key_vncdisplay),
    BOOL("vncunused", HVM, b_info.u.hvm.vnc.findunused),
    { "vncviewer", KEY_IGNORE, ALL, 0, 0, 0, { NULL }, NULL },
    BOOL("sdl", HVM, b_info.u.hvm.sdl.enable),
    BOOL("opengl", HVM, b_info.u.hvm.sdl.opengl),
    TEXT("display", HVM, b_info.u.hvm.sdl.display),
    TEXT("xauthority", HVM, b_info.u.hvm.sdl.xauthority),
    TEXT("keymap", HVM, b_info.u.hvm.keymap),
    BOOL("nographic", HVM, b_info.u.hvm.nographic),
    BOOL("spice", HVM, b_info.u.hvm.spice.enable),
    INT("spiceport", HVM, b_info.u.hvm.spice.port, 0, 65535),
    INT("spicetls_port", HVM, b_info.u.hvm.spice.tls_port, 0, 65535),
    TEXT("spicehost", HVM, b_info.u.hvm.spice.host),
    BOOL("spicedisable_ticketing", HVM, b_info.u.hvm.spice.disable_ticketing),
    TEXT("spicepasswd", HVM, b_info.u.hvm.spice.passwd),
    BOOL("spiceagent_mouse", HVM, b_info.u.hvm.spice.agent_mouse),
    BOOL("spicevdagent", HVM, b_info.u.hvm.spice.vdagent),
    BOOL("spice_clipboard_sharing", HVM, b_info.u.hvm.spice.clipboard_sharing),
    INT("spiceusbredirection", HVM, b_info.u.hvm.spice.usbredirection, 0, 16),
    TEXT("spice_image_compression", HVM, b_info.u.hvm.spice.image_compression),
    TEXT("spice_streaming_video", HVM, b_info.u.hvm.spice.streaming_video),
    /* The device model itself: also block back ends of other domains may be one. */
    ENUM("device_model_version", ALL, b_info.device_model_version, read_dm_version, 0),
    TEXT("device_model_override", ALL, b_info.device_model),
    BOOL("device_model_stubdomain_override", ALL, b_info.device_model_stubdomain),
    TEXT("device_model_stubdomain_seclabel", ALL, b_info.device_model_ssid_label),
    TEXT("stubdomain_kernel", ALL, b_info.stubdomain_kernel),
    TEXT("stubdomain_cmdline", ALL, b_info.stubdomain_cmdline),
    TEXT("stubdomain_ramdisk", ALL, b_info.stubdomain_ramdisk),
    MIB("stubdomain_memory", ALL, b_info.stubdomain_memkb),
    TEXTS("device_model_args", ALL, b_info.extra, NULL),
    TEXTS("device_model_args_pv", ALL, b_info.extra_pv, NULL),
    TEXTS("device_model_args_hvm", ALL, b_info.extra_hvm, NULL),
    TEXT("device_model_user", ALL, b_info.device_model_user),
    BOOL("dm_restrict", ALL, b_info.dm_restrict),
    { "device_model", KEY_IGNORE, ALL, 0, 0, 0, { NULL }, "device_model means nothing; device_model_override does" },
    /* Devices. */
    CUSTOM("disk", ALL, key_disk),
    CUSTOM("vtpm", ALL, key_vtpm),
    CUSTOM("p9", ALL, key_p9),
    CUSTOM("channel", ALL, key_channel),
    CUSTOM("vif", ALL, key_vif),
    { "vif2", KEY_IGNORE, ALL, 0, 0, 0, { NULL }, "vif2 means nothing; vif does" },
    CUSTOM("vfb", ALL, key_vfb),
    CUSTOM("vnc", FOR(PV), key_vnc_pv),
    CUSTOM("vkb", ALL, key_vkb),
    CUSTOM("pci", ALL, key_pci),
    CUSTOM("pci_msitranslate", ALL, key_pci_flag),
    CUSTOM("pci_power_mgmt", ALL, key_pci_flag),
    CUSTOM("pci_permissive", ALL, key_pci_flag),
    CUSTOM("pci_seize", ALL, key_pci_flag),
    CUSTOM("viridian", HVM, key_viridian),
    CUSTOM("gfx_passthru", HVM, key_gfx_passthru),
    CUSTOM("mca_caps", HVM, key_mca_caps),
    CUSTOM("pvcalls", ALL, key_pvcalls),
    CUSTOM("vdispl", ALL, key_vdispl),
    CUSTOM("usbctrl", ALL, key_usbctrl),
    CUSTOM("usbdev", ALL, key_usbdev),
    CUSTOM("dtdev", ALL, key_dtdev),
    CUSTOM("vsnd", ALL, key_vsnd),
};
const size_t nr_xl_keys = sizeof(xl_keys) / sizeof(xl_keys[0]);
