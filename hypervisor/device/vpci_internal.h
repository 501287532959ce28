/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The model of a PCI function, shared by vpci.c (accesses), vpci_caps.c (what is in the capability lists), vmsi.c and
 * vmsix.c. Registers are the machine's but for those that a range of the function or its `hidden` map names. References:
 * PCI Local Bus Specification 3.0 (6.7, 6.8), PCI Express Base Specification (7.9).
 */
#ifndef XENOLITH_VPCI_INTERNAL_H
#define XENOLITH_VPCI_INTERNAL_H

#include "bitmap.h"
#include "device.h"
#include "list.h"
#include "lock.h"

#define PCI_ID 0x00
#define PCI_COMMAND 0x04
#define PCI_COMMAND_MEMORY 0x0002
#define PCI_STATUS 0x06
#define PCI_STATUS_CAP_LIST 0x10
#define PCI_CLASS 0x0a
#define PCI_CLASS_IOMMU 0x0806
#define PCI_HEADER_TYPE 0x0e
#define PCI_HEADER_BRIDGE 1
#define PCI_HEADER_CARDBUS 2
#define PCI_BAR 0x10
#define PCI_MAX_BARS 6
#define PCI_CONFIG_SIZE 256
#define ECAM_CONFIG_SIZE 4096

#define VPCI_MAX_CAPS 48  /* that fit into 192 bytes; also ends a walk round a loop */
#define VPCI_MAX_RANGES 5 /* command, BARs, MSI, MSI-X, one extended capability */

struct vpci_function;

/* What happens to dwords of a range; reg is a multiple of 4. f->lock is held. */
struct vpci_range_ops {
    uint32_t (*read)(struct vpci_function *f, uint16_t reg, uint32_t hw); /* hw: what the machine has there */
    /* mask: ones where bytes of value were written. NULL: the machine is written, then `written` is called. */
    void (*write)(struct vpci_function *f, uint16_t reg, uint32_t value, uint32_t mask);
    void (*written)(struct vpci_function *f);
};

struct vpci_range {
    uint16_t first, size;
    const struct vpci_range_ops *ops;
};

/* A message of the device: what dom0 wants to be sent, and the vector that stands for it. */
struct vmsi_vector {
    struct msi_message message;
    int handle;   /* arch_msi_alloc; negative: none */
    bool refused; /* there was none left; logged once */
};

struct vmsi {
    uint16_t pos; /* 0: the function has no MSI */
    bool wide, maskable, enabled;
    uint8_t count_log2; /* as dom0 wrote it: there is one message in any case */
    uint32_t mask;
    struct vmsi_vector vector;
};

struct vmsix_entry {
    struct vmsi_vector vector;
    bool masked;
};

struct vmsix {
    uint16_t pos; /* 0: none */
    uint16_t nr_entries;
    bool enabled, masked;
    uint8_t bar;
    uint32_t offset; /* of the table in the BAR */
    uint64_t table;  /* where it is now; 0: nowhere that dom0 could reach. Written with the lock, read without */
    struct vmsix_entry *entry;
};

struct vpci_function {
    struct list_node link;
    struct vpci_function *next; /* of all of the domain */
    struct domain *domain;
    struct spinlock lock; /* RANK_DEVICE: all below, and the registers of the machine that go with it */
    uint16_t bdf;
    uint32_t id;     /* vendor and device when scanned: another device may be plugged in later; ~0: not scanned */
    bool no_caps;    /* nothing is left: the status register says there is no list */
    bool read_only;  /* the hypervisor's: dom0 may look at it */
    uint8_t nr_patches, nr_ranges;
    struct {
        uint8_t reg, value;
    } patch[VPCI_MAX_CAPS];            /* "next" bytes that skip what is hidden */
    struct vpci_range range[VPCI_MAX_RANGES];
    uint64_t hidden[BITMAP_WORDS(ECAM_CONFIG_SIZE / 4)]; /* a bit per dword: reads zero, is not written */
    struct vmsi msi;
    struct vmsix msix;
};

struct vpci {
    uint32_t address;     /* dom0's CF8 */
    struct spinlock lock; /* RANK_DEVICE: additions to the lists. Functions stay until the domain goes */
    struct vpci_function *functions; /* walked without the lock */
    struct list_node hash[64];
};

/* vpci_caps.c: fills in an empty function from what the machine has. */
void vpci_scan(struct vpci_function *f);
/* False: there are too many already, or some of it is another's. */
bool vpci_add_range(struct vpci_function *f, uint16_t first, uint16_t size, const struct vpci_range_ops *ops);

/* The dword `old` after a write of the bytes in mask. */
static inline uint32_t vpci_merge(uint32_t old, uint32_t value, uint32_t mask)
{
    return (old & ~mask) | (value & mask);
}

/* --- vmsi.c --- */
/* Have the message delivered: *ret_message is for the device. False: it is no interrupt, or no vector is left. */
bool vmsi_route(struct vpci_function *f, struct vmsi_vector *v, struct msi_message *ret_message);
void vmsi_release(struct vmsi_vector *v);
unsigned vmsi_size(uint16_t control);
/* The capability at pos: emulated from now on, and off. False: it cannot be had, hide it. */
bool vmsi_init(struct vpci_function *f, uint16_t pos);
/* The model goes; present: the device is still there, and is switched off. */
void vmsi_exit(struct vpci_function *f, bool present);
void vmsi_dump(const struct vpci_function *f);
/* A line about a message that has a vector. */
void vmsi_vector_dump(const struct vpci_function *f, const char *kind, unsigned i, const struct vmsi_vector *v);

/* --- vmsix.c --- */
#define VMSIX_SIZE 12u
bool vmsix_init(struct vpci_function *f, uint16_t pos);
void vmsix_exit(struct vpci_function *f, bool present);
void vmsix_dump(const struct vpci_function *f);

#endif
