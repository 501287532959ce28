/* SPDX-License-Identifier: LGPL-2.1-only */
/* Every type of the public API, once: the functions that each has are declared and defined from here. */
#ifndef LIBXL_TYPES_LIST_H
#define LIBXL_TYPES_LIST_H

#define LIBXL__ENUMS(X) \
    X(libxl_error) \
    X(libxl_scheduler) \
    X(libxl_event_type) \
    X(libxl_psr_cmt_type) \
    X(libxl_psr_cbm_type) \
    X(libxl_psr_feat_type) \
    X(libxl_domain_type) \
    X(libxl_action_on_shutdown) \
    X(libxl_trigger) \
    X(libxl_tsc_mode) \
    X(libxl_timer_mode) \
    X(libxl_bios_type) \
    X(libxl_shutdown_reason) \
    X(libxl_viridian_enlightenment) \
    X(libxl_checkpointed_stream) \
    X(libxl_passthrough) \
    X(libxl_gic_version) \
    X(libxl_tee_type) \
    X(libxl_altp2m_mode) \
    X(libxl_channel_connection) \
    X(libxl_console_type) \
    X(libxl_disk_format) \
    X(libxl_disk_backend) \
    X(libxl_disk_specification) \
    X(libxl_disk_transport) \
    X(libxl_nic_type) \
    X(libxl_vkb_backend) \
    X(libxl_usbctrl_type) \
    X(libxl_usbdev_type) \
    X(libxl_vsnd_pcm_format) \
    X(libxl_vsnd_stream_type) \
    X(libxl_rdm_reserve_strategy) \
    X(libxl_rdm_reserve_policy) \
    X(libxl_device_model_version) \
    X(libxl_vga_interface_type) \
    X(libxl_gfx_passthru_kind) \
    X(libxl_hdtype) \
    X(libxl_vuart_type) \
    X(libxl_vendor_device)

#define LIBXL__STRUCTS(X) \
    X(libxl_dominfo) \
    X(libxl_cpupoolinfo) \
    X(libxl_vminfo) \
    X(libxl_version_info) \
    X(libxl_vcpuinfo) \
    X(libxl_physinfo) \
    X(libxl_numainfo) \
    X(libxl_cputopology) \
    X(libxl_pcitopology) \
    X(libxl_event) \
    X(libxl_psr_cat_info) \
    X(libxl_psr_hw_info) \
    X(libxl_ioport_range) \
    X(libxl_iomem_range) \
    X(libxl_domain_create_info) \
    X(libxl_domain_restore_params) \
    X(libxl_sched_params) \
    X(libxl_vcpu_sched_params) \
    X(libxl_domain_sched_params) \
    X(libxl_vnode_info) \
    X(libxl_rdm_reserve) \
    X(libxl_domain_build_info) \
    X(libxl_domain_config) \
    X(libxl_domain_remus_info) \
    X(libxl_vga_interface_info) \
    X(libxl_vnc_info) \
    X(libxl_spice_info) \
    X(libxl_sdl_info) \
    X(libxl_device_vfb) \
    X(libxl_device_vkb) \
    X(libxl_device_disk) \
    X(libxl_device_nic) \
    X(libxl_device_pci) \
    X(libxl_device_rdm) \
    X(libxl_device_usbctrl) \
    X(libxl_device_usbdev) \
    X(libxl_device_dtdev) \
    X(libxl_device_vtpm) \
    X(libxl_device_p9) \
    X(libxl_device_pvcallsif) \
    X(libxl_device_channel) \
    X(libxl_connector_param) \
    X(libxl_device_vdispl) \
    X(libxl_vsnd_params) \
    X(libxl_vsnd_stream) \
    X(libxl_vsnd_pcm) \
    X(libxl_device_vsnd) \
    X(libxl_channelinfo) \
    X(libxl_diskinfo) \
    X(libxl_nicinfo) \
    X(libxl_vtpminfo) \
    X(libxl_usbctrlinfo) \
    X(libxl_connectorinfo) \
    X(libxl_vdisplinfo) \
    X(libxl_streaminfo) \
    X(libxl_pcminfo) \
    X(libxl_vsndinfo) \
    X(libxl_vkbinfo)

/* These hold nothing to dispose of. */
#define LIBXL__PLAIN_STRUCTS(X) \
    X(libxl_sched_credit_params) \
    X(libxl_sched_credit2_params)

#endif
