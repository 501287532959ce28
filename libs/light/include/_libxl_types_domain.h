/* SPDX-License-Identifier: LGPL-2.1-only */
/* A domain's configuration. A union's member is that which the enumeration before it names. */
#ifndef LIBXL_TYPES_DOMAIN_H
#define LIBXL_TYPES_DOMAIN_H

#include <_libxl_types_device.h>

typedef struct libxl_ioport_range {
    uint32_t first;
    uint32_t number;
} libxl_ioport_range;

typedef struct libxl_iomem_range {
    uint64_t start;
    uint64_t number;
    uint64_t gfn;
} libxl_iomem_range;

typedef struct libxl_domain_create_info {
    libxl_domain_type type;
    libxl_defbool hap;
    libxl_defbool oos;
    uint32_t ssidref;
    char *ssid_label;
    char *name;
    libxl_domid domid;
    libxl_uuid uuid;
    libxl_key_value_list xsdata;
    libxl_key_value_list platformdata;
    uint32_t poolid;
    char *pool_name;
    libxl_defbool run_hotplug_scripts;
    libxl_defbool driver_domain;
    libxl_passthrough passthrough;
    libxl_defbool xend_suspend_evtchn_compat;
} libxl_domain_create_info;

typedef struct libxl_domain_restore_params {
    int checkpointed_stream;
    uint32_t stream_version;
    char *colo_proxy_script;
    libxl_defbool userspace_colo_proxy;
} libxl_domain_restore_params;

typedef struct libxl_sched_params {
    int vcpuid;
    int weight;
    int cap;
    int period;
    int extratime;
    int budget;
} libxl_sched_params;

typedef struct libxl_vcpu_sched_params {
    libxl_scheduler sched;
    int num_vcpus;
    libxl_sched_params *vcpus;
} libxl_vcpu_sched_params;

typedef struct libxl_domain_sched_params {
    libxl_scheduler sched;
    int weight;
    int cap;
    int period;
    int budget;
    int extratime;
    int slice;
    int latency;
} libxl_domain_sched_params;

typedef struct libxl_vnode_info {
    uint64_t memkb;
    int num_distances;
    uint32_t *distances;
    uint32_t pnode;
    libxl_bitmap vcpus;
} libxl_vnode_info;

typedef struct libxl_rdm_reserve {
    libxl_rdm_reserve_strategy strategy;
    libxl_rdm_reserve_policy policy;
} libxl_rdm_reserve;

typedef struct libxl_domain_build_info {
    int max_vcpus;
    libxl_bitmap avail_vcpus;
    libxl_bitmap cpumap;
    libxl_bitmap nodemap;
    int num_vcpu_hard_affinity;
    libxl_bitmap *vcpu_hard_affinity;
    int num_vcpu_soft_affinity;
    libxl_bitmap *vcpu_soft_affinity;
    libxl_defbool numa_placement;
    libxl_tsc_mode tsc_mode;
    uint64_t max_memkb;
    uint64_t target_memkb;
    uint64_t video_memkb;
    uint64_t shadow_memkb;
    uint64_t iommu_memkb;
    uint32_t rtc_timeoffset;
    uint32_t exec_ssidref;
    char *exec_ssid_label;
    libxl_defbool localtime;
    libxl_defbool disable_migrate;
    libxl_cpuid_policy_list cpuid;
    char *blkdev_start;
    int num_vnuma_nodes;
    libxl_vnode_info *vnuma_nodes;
    uint32_t max_grant_frames;
    uint32_t max_maptrack_frames;
    int max_grant_version;
    libxl_device_model_version device_model_version;
    libxl_defbool device_model_stubdomain;
    uint64_t stubdomain_memkb;
    char *stubdomain_kernel;
    char *stubdomain_cmdline;
    char *stubdomain_ramdisk;
    char *device_model;
    uint32_t device_model_ssidref;
    char *device_model_ssid_label;
    char *device_model_user;
    libxl_string_list extra;
    libxl_string_list extra_pv;
    libxl_string_list extra_hvm;
    libxl_domain_sched_params sched_params;
    int num_ioports;
    libxl_ioport_range *ioports;
    int num_irqs;
    uint32_t *irqs;
    int num_iomem;
    libxl_iomem_range *iomem;
    libxl_defbool claim_mode;
    uint32_t event_channels;
    char *kernel;
    char *cmdline;
    char *ramdisk;
    char *device_tree;
    libxl_defbool acpi;
    char *bootloader;
    libxl_string_list bootloader_args;
    libxl_timer_mode timer_mode;
    libxl_defbool nested_hvm;
    libxl_defbool apic;
    libxl_defbool dm_restrict;
    libxl_tee_type tee;
    libxl_domain_type type;
    union {
        struct {
            char *firmware;
            libxl_bios_type bios;
            libxl_defbool pae;
            libxl_defbool apic;
            libxl_defbool acpi;
            libxl_defbool acpi_s3;
            libxl_defbool acpi_s4;
            libxl_defbool acpi_laptop_slate;
            libxl_defbool nx;
            libxl_defbool viridian;
            libxl_bitmap viridian_enable;
            libxl_bitmap viridian_disable;
            char *timeoffset;
            libxl_defbool hpet;
            libxl_defbool vpt_align;
            uint64_t mmio_hole_memkb;
            libxl_timer_mode timer_mode;
            libxl_defbool nested_hvm;
            libxl_defbool altp2m;
            char *system_firmware;
            char *smbios_firmware;
            char *acpi_firmware;
            libxl_hdtype hdtype;
            libxl_defbool nographic;
            libxl_vga_interface_info vga;
            libxl_vnc_info vnc;
            char *keymap;
            libxl_sdl_info sdl;
            libxl_spice_info spice;
            libxl_defbool gfx_passthru;
            libxl_gfx_passthru_kind gfx_passthru_kind;
            char *serial;
            char *boot;
            libxl_defbool usb;
            int usbversion;
            char *usbdevice;
            libxl_defbool vkb_device;
            char *soundhw;
            libxl_defbool xen_platform_pci;
            libxl_string_list usbdevice_list;
            libxl_vendor_device vendor_device;
            libxl_ms_vm_genid ms_vm_genid;
            libxl_string_list serial_list;
            libxl_rdm_reserve rdm;
            uint64_t rdm_mem_boundary_memkb;
            uint64_t mca_caps;
        } hvm;
        struct {
            char *kernel;
            uint64_t slack_memkb;
            char *bootloader;
            libxl_string_list bootloader_args;
            char *cmdline;
            char *ramdisk;
            const char *features;
            libxl_defbool e820_host;
        } pv;
        struct {
            libxl_defbool pvshim;
            char *pvshim_path;
            char *pvshim_cmdline;
            char *pvshim_extra;
        } pvh;
    } u;
    struct {
        libxl_gic_version gic_version;
        libxl_vuart_type vuart;
    } arch_arm;
    struct {
        libxl_defbool msr_relaxed;
    } arch_x86;
    libxl_altp2m_mode altp2m;
    int vmtrace_buf_kb;
    libxl_defbool vpmu;
} libxl_domain_build_info;

typedef struct libxl_domain_config {
    libxl_domain_create_info c_info;
    libxl_domain_build_info b_info;
    int num_disks;
    libxl_device_disk *disks;
    int num_nics;
    libxl_device_nic *nics;
    int num_pcidevs;
    libxl_device_pci *pcidevs;
    int num_rdms;
    libxl_device_rdm *rdms;
    int num_dtdevs;
    libxl_device_dtdev *dtdevs;
    int num_vfbs;
    libxl_device_vfb *vfbs;
    int num_vkbs;
    libxl_device_vkb *vkbs;
    int num_vtpms;
    libxl_device_vtpm *vtpms;
    int num_p9s;
    libxl_device_p9 *p9s;
    int num_pvcallsifs;
    libxl_device_pvcallsif *pvcallsifs;
    int num_vdispls;
    libxl_device_vdispl *vdispls;
    int num_vsnds;
    libxl_device_vsnd *vsnds;
    int num_channels;
    libxl_device_channel *channels;
    int num_usbctrls;
    libxl_device_usbctrl *usbctrls;
    int num_usbdevs;
    libxl_device_usbdev *usbdevs;
    libxl_action_on_shutdown on_poweroff;
    libxl_action_on_shutdown on_reboot;
    libxl_action_on_shutdown on_watchdog;
    libxl_action_on_shutdown on_crash;
    libxl_action_on_shutdown on_soft_reset;
} libxl_domain_config;

typedef struct libxl_domain_remus_info {
    int interval;
    libxl_defbool allow_unsafe;
    libxl_defbool blackhole;
    libxl_defbool compression;
    libxl_defbool netbuf;
    char *netbufscript;
    libxl_defbool diskbuf;
    libxl_defbool colo;
    libxl_defbool userspace_colo_proxy;
} libxl_domain_remus_info;

#endif
