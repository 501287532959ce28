/* SPDX-License-Identifier: LGPL-2.1-only */
/* Devices as they are configured, and what the *info types tell of those that run. */
#ifndef LIBXL_TYPES_DEVICE_H
#define LIBXL_TYPES_DEVICE_H

#include <_libxl_types_enum.h>

typedef struct libxl_vga_interface_info {
    libxl_vga_interface_type kind;
} libxl_vga_interface_info;

typedef struct libxl_vnc_info {
    libxl_defbool enable;
    char *listen;
    char *passwd;
    int display;
    libxl_defbool findunused;
} libxl_vnc_info;

typedef struct libxl_spice_info {
    libxl_defbool enable;
    int port;
    int tls_port;
    char *host;
    libxl_defbool disable_ticketing;
    char *passwd;
    libxl_defbool agent_mouse;
    libxl_defbool vdagent;
    libxl_defbool clipboard_sharing;
    int usbredirection;
    char *image_compression;
    char *streaming_video;
} libxl_spice_info;

typedef struct libxl_sdl_info {
    libxl_defbool enable;
    libxl_defbool opengl;
    char *display;
    char *xauthority;
} libxl_sdl_info;

typedef struct libxl_device_vfb {
    libxl_domid backend_domid;
    char *backend_domname;
    libxl_devid devid;
    libxl_vnc_info vnc;
    libxl_sdl_info sdl;
    char *keymap;
} libxl_device_vfb;

typedef struct libxl_device_vkb {
    libxl_domid backend_domid;
    char *backend_domname;
    libxl_devid devid;
    libxl_vkb_backend backend_type;
    char *unique_id;
    bool feature_disable_keyboard;
    bool feature_disable_pointer;
    bool feature_abs_pointer;
    bool feature_raw_pointer;
    bool feature_multi_touch;
    uint32_t width;
    uint32_t height;
    uint32_t multi_touch_width;
    uint32_t multi_touch_height;
    uint32_t multi_touch_num_contacts;
} libxl_device_vkb;

typedef struct libxl_device_disk {
    libxl_domid backend_domid;
    char *backend_domname;
    char *pdev_path;
    char *vdev;
    libxl_disk_backend backend;
    libxl_disk_format format;
    char *script;
    int removable;
    int readwrite;
    int is_cdrom;
    bool direct_io_safe;
    libxl_defbool discard_enable;
    libxl_disk_specification specification;
    libxl_disk_transport transport;
    uint32_t irq;
    uint64_t base;
    libxl_defbool colo_enable;
    libxl_defbool colo_restore_enable;
    char *colo_host;
    int colo_port;
    char *colo_export;
    char *active_disk;
    char *hidden_disk;
    libxl_defbool trusted;
} libxl_device_disk;

typedef struct libxl_device_nic {
    libxl_domid backend_domid;
    char *backend_domname;
    libxl_devid devid;
    int mtu;
    char *model;
    libxl_mac mac;
    char *ip;
    char *bridge;
    char *ifname;
    char *script;
    libxl_nic_type nictype;
    uint64_t rate_bytes_per_interval;
    uint32_t rate_interval_usecs;
    char *gatewaydev;
    char *coloft_forwarddev;
    char *colo_sock_mirror_id;
    char *colo_sock_mirror_ip;
    char *colo_sock_mirror_port;
    char *colo_sock_compare_pri_in_id;
    char *colo_sock_compare_pri_in_ip;
    char *colo_sock_compare_pri_in_port;
    char *colo_sock_compare_sec_in_id;
    char *colo_sock_compare_sec_in_ip;
    char *colo_sock_compare_sec_in_port;
    char *colo_sock_compare_notify_id;
    char *colo_sock_compare_notify_ip;
    char *colo_sock_compare_notify_port;
    char *colo_sock_redirector0_id;
    char *colo_sock_redirector0_ip;
    char *colo_sock_redirector0_port;
    char *colo_sock_redirector1_id;
    char *colo_sock_redirector1_ip;
    char *colo_sock_redirector1_port;
    char *colo_sock_redirector2_id;
    char *colo_sock_redirector2_ip;
    char *colo_sock_redirector2_port;
    char *colo_filter_mirror_queue;
    char *colo_filter_mirror_outdev;
    char *colo_filter_redirector0_queue;
    char *colo_filter_redirector0_indev;
    char *colo_filter_redirector0_outdev;
    char *colo_filter_redirector1_queue;
    char *colo_filter_redirector1_indev;
    char *colo_filter_redirector1_outdev;
    char *colo_compare_pri_in;
    char *colo_compare_sec_in;
    char *colo_compare_out;
    char *colo_compare_notify_dev;
    char *colo_sock_sec_redirector0_id;
    char *colo_sock_sec_redirector0_ip;
    char *colo_sock_sec_redirector0_port;
    char *colo_sock_sec_redirector1_id;
    char *colo_sock_sec_redirector1_ip;
    char *colo_sock_sec_redirector1_port;
    char *colo_filter_sec_redirector0_queue;
    char *colo_filter_sec_redirector0_indev;
    char *colo_filter_sec_redirector0_outdev;
    char *colo_filter_sec_redirector1_queue;
    char *colo_filter_sec_redirector1_indev;
    char *colo_filter_sec_redirector1_outdev;
    char *colo_filter_sec_rewriter0_queue;
    char *colo_checkpoint_host;
    char *colo_checkpoint_port;
    libxl_defbool trusted;
} libxl_device_nic;

typedef struct libxl_device_pci {
    uint8_t func;
    uint8_t dev;
    uint8_t bus;
    int domain;
    uint32_t vdevfn;
    uint32_t vfunc_mask;
    bool msitranslate;
    bool power_mgmt;
    bool permissive;
    bool seize;
    libxl_rdm_reserve_policy rdm_policy;
    char *name;
} libxl_device_pci;

typedef struct libxl_device_rdm {
    uint64_t start;
    uint64_t size;
    libxl_rdm_reserve_policy policy;
} libxl_device_rdm;

typedef struct libxl_device_usbctrl {
    libxl_usbctrl_type type;
    libxl_devid devid;
    int version;
    int ports;
    libxl_domid backend_domid;
    char *backend_domname;
} libxl_device_usbctrl;

typedef struct libxl_device_usbdev {
    libxl_devid ctrl;
    int port;
    libxl_usbdev_type type;
    union {
        struct {
            uint8_t hostbus;
            uint8_t hostaddr;
        } hostdev;
    } u;
} libxl_device_usbdev;

typedef struct libxl_device_dtdev {
    char *path;
} libxl_device_dtdev;

typedef struct libxl_device_vtpm {
    libxl_domid backend_domid;
    char *backend_domname;
    libxl_devid devid;
    libxl_uuid uuid;
} libxl_device_vtpm;

typedef struct libxl_device_p9 {
    libxl_domid backend_domid;
    char *backend_domname;
    char *tag;
    char *path;
    char *security_model;
    libxl_devid devid;
} libxl_device_p9;

typedef struct libxl_device_pvcallsif {
    libxl_domid backend_domid;
    char *backend_domname;
    libxl_devid devid;
} libxl_device_pvcallsif;

typedef struct libxl_device_channel {
    libxl_domid backend_domid;
    char *backend_domname;
    libxl_devid devid;
    char *name;
    libxl_channel_connection connection;
    union {
        struct {
            char *path;
        } socket;
    } u;
} libxl_device_channel;

typedef struct libxl_connector_param {
    char *unique_id;
    uint32_t width;
    uint32_t height;
} libxl_connector_param;

typedef struct libxl_device_vdispl {
    libxl_domid backend_domid;
    char *backend_domname;
    libxl_devid devid;
    bool be_alloc;
    int num_connectors;
    libxl_connector_param *connectors;
} libxl_device_vdispl;

typedef struct libxl_vsnd_params {
    int num_sample_rates;
    uint32_t *sample_rates;
    int num_sample_formats;
    libxl_vsnd_pcm_format *sample_formats;
    uint32_t channels_min;
    uint32_t channels_max;
    uint32_t buffer_size;
} libxl_vsnd_params;

typedef struct libxl_vsnd_stream {
    char *unique_id;
    libxl_vsnd_stream_type type;
    libxl_vsnd_params params;
} libxl_vsnd_stream;

typedef struct libxl_vsnd_pcm {
    char *name;
    libxl_vsnd_params params;
    int num_vsnd_streams;
    libxl_vsnd_stream *streams;
} libxl_vsnd_pcm;

typedef struct libxl_device_vsnd {
    libxl_domid backend_domid;
    char *backend_domname;
    libxl_devid devid;
    char *short_name;
    char *long_name;
    libxl_vsnd_params params;
    int num_vsnd_pcms;
    libxl_vsnd_pcm *pcms;
} libxl_device_vsnd;

/* --- devices that run --- */
typedef struct libxl_channelinfo {
    char *backend;
    uint32_t backend_id;
    char *frontend;
    uint32_t frontend_id;
    libxl_devid devid;
    int state;
    int evtch;
    int rref;
    libxl_channel_connection connection;
    union {
        struct {
            char *path;
        } pty;
    } u;
} libxl_channelinfo;

typedef struct libxl_diskinfo {
    char *backend;
    uint32_t backend_id;
    char *frontend;
    uint32_t frontend_id;
    libxl_devid devid;
    int state;
    int evtch;
    int rref;
} libxl_diskinfo;

typedef struct libxl_nicinfo {
    char *backend;
    uint32_t backend_id;
    char *frontend;
    uint32_t frontend_id;
    libxl_devid devid;
    int state;
    int evtch;
    int rref_tx;
    int rref_rx;
} libxl_nicinfo;

typedef struct libxl_vtpminfo {
    char *backend;
    uint32_t backend_id;
    char *frontend;
    uint32_t frontend_id;
    libxl_devid devid;
    int state;
    int evtch;
    int rref;
    libxl_uuid uuid;
} libxl_vtpminfo;

typedef struct libxl_usbctrlinfo {
    libxl_usbctrl_type type;
    libxl_devid devid;
    int version;
    int ports;
    char *backend;
    uint32_t backend_id;
    char *frontend;
    uint32_t frontend_id;
    int state;
    int evtch;
    int ref_urb;
    int ref_conn;
} libxl_usbctrlinfo;

typedef struct libxl_connectorinfo {
    char *unique_id;
    uint32_t width;
    uint32_t height;
    int req_evtch;
    int req_rref;
    int evt_evtch;
    int evt_rref;
} libxl_connectorinfo;

typedef struct libxl_vdisplinfo {
    char *backend;
    uint32_t backend_id;
    char *frontend;
    uint32_t frontend_id;
    libxl_devid devid;
    int state;
    bool be_alloc;
    int num_connectors;
    libxl_connectorinfo *connectors;
} libxl_vdisplinfo;

typedef struct libxl_streaminfo {
    int req_evtch;
    int req_rref;
} libxl_streaminfo;

typedef struct libxl_pcminfo {
    int num_vsnd_streams;
    libxl_streaminfo *streams;
} libxl_pcminfo;

typedef struct libxl_vsndinfo {
    char *backend;
    uint32_t backend_id;
    char *frontend;
    uint32_t frontend_id;
    libxl_devid devid;
    int state;
    int num_vsnd_pcms;
    libxl_pcminfo *pcms;
} libxl_vsndinfo;

typedef struct libxl_vkbinfo {
    char *backend;
    uint32_t backend_id;
    char *frontend;
    uint32_t frontend_id;
    libxl_devid devid;
    int state;
    int evtch;
    int rref;
} libxl_vkbinfo;

#endif
