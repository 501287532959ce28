/* SPDX-License-Identifier: GPL-2.0-only */
/* arch/x86/dma_policy.c: which machines let dom0 do without bounce buffers, and what the log says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "device/vpci.h"
#include "hv.h"
#include "iommu.h"
#include "log.h"

#define COMMON 0x50 /* where the capabilities are */
#define NOTIFY 0x60
#define WINDOW 0x70
#define REGISTERS 0x1000 /* of the common configuration, in the device's BAR */

static struct function {
    uint16_t bdf;
    uint8_t config[256];
    uint64_t features;
    uint32_t select;
} bus[6];
static unsigned nr_functions, uncovered;
static const char *off_reason, *option;
static char printed[1024];

/* --- the machine --- */

static struct function *find(uint16_t bdf)
{
    for (unsigned i = 0; i < nr_functions; i++)
        if (bus[i].bdf == bdf)
            return &bus[i];
    return NULL;
}

static uint32_t window_offset(const struct function *f)
{
    uint32_t v;

    assert_int_equal(f->config[WINDOW + 4], 2); /* the BAR */
    assert_int_equal(f->config[WINDOW + 12], 4);
    memcpy(&v, f->config + WINDOW + 8, 4);
    return v;
}

uint32_t pci_host_read(uint16_t bdf, uint16_t reg, unsigned size)
{
    struct function *f = find(bdf);
    uint32_t v = 0;

    assert_true(reg / 4 == (reg + size - 1) / 4);
    if (!f)
        return ~0u >> (32 - 8 * size);
    if (reg == WINDOW + 16 && f->config[WINDOW + 3] == 5) {
        assert_int_equal(window_offset(f), REGISTERS + 4);
        return (uint32_t)(f->features >> 32 * f->select);
    }
    memcpy(&v, f->config + reg, size);
    return v;
}

void pci_host_write(uint16_t bdf, uint16_t reg, unsigned size, uint32_t value)
{
    struct function *f = find(bdf);

    assert_non_null(f);
    assert_in_range(reg, WINDOW, WINDOW + 19);
    if (reg == WINDOW + 16) {
        assert_int_equal(window_offset(f), REGISTERS);
        assert_in_range(value, 0, 1);
        f->select = value;
    } else {
        memcpy(f->config + reg, &value, size);
    }
}

const char *iommu_off_reason(void)
{
    return off_reason;
}
bool iommu_covers(uint16_t bdf)
{
    return bdf != uncovered;
}
bool cmdline_get(const char *name, char *ret_value, size_t size)
{
    assert_string_equal(name, "dom0-swiotlb");
    if (option)
        snprintf(ret_value, size, "%s", option);
    return option != NULL;
}
void log_printf(enum log_level level, const char *fmt, ...)
{
    size_t n = strlen(printed);
    va_list ap;

    n += (size_t)snprintf(printed + n, sizeof(printed) - n, "%u:", (unsigned)level);
    va_start(ap, fmt);
    vsnprintf(printed + n, sizeof(printed) - n, fmt, ap);
    va_end(ap);
}

/* --- devices --- */

static struct function *add(uint16_t bdf, uint16_t vendor, uint16_t device, uint16_t class)
{
    struct function *f = &bus[nr_functions++];

    *f = (struct function){ .bdf = bdf };
    memcpy(f->config, &vendor, 2);
    memcpy(f->config + 2, &device, 2);
    memcpy(f->config + 0xa, &class, 2);
    return f;
}

static void cap(struct function *f, uint8_t pos, uint8_t type, uint8_t next)
{
    const uint8_t c[16] = { 9, next, 20, type, 2, [8] = 0, [9] = REGISTERS >> 8 };

    memcpy(f->config + pos, c, sizeof(c));
}

static struct function *add_virtio(uint16_t bdf, uint64_t features)
{
    struct function *f = add(bdf, 0x1af4, 0x1041, 0x0200);

    f->config[6] = 0x10;
    f->config[0x34] = NOTIFY;
    cap(f, NOTIFY, 2, COMMON);
    cap(f, COMMON, 1, WINDOW);
    cap(f, WINDOW, 5, 0);
    f->features = features;
    return f;
}

#define PLATFORM (1ULL << 33)

/* A machine that needs no bouncing, to spoil. */
static int start(void **state)
{
    (void)state;
    nr_functions = 0;
    uncovered = ~0u;
    off_reason = option = NULL;
    add(0x00, 0x8086, 0x29c0, 0x0600);
    add(0x08, 0x1022, 0x1419, 0x0806);
    add_virtio(0x10, PLATFORM | 1);
    add(0xf8, 0x8086, 0x2918, 0x0601)->config[0xe] = 0x80;
    add(0xfa, 0x8086, 0x2922, 0x0106);
    printed[0] = 0;
    return 0;
}

static void all_translated(void **state)
{
    (void)state;
    assert_false(dma_must_bounce());
    assert_string_equal(printed, "2:dom0: no swiotlb=force: the DMA of all PCI functions (5) is translated\n");
    assert_int_equal(bus[2].select, 0); /* as it was found */
}

static void no_iommu(void **state)
{
    (void)state;
    off_reason = "this is a test";
    assert_true(dma_must_bounce());
    assert_string_equal(printed, "2:dom0: swiotlb=force, because this is a test\n");
}

static void virtio_goes_round(void **state)
{
    (void)state;
    bus[2].features = ~PLATFORM;
    assert_true(dma_must_bounce());
    assert_string_equal(printed, "2:dom0: swiotlb=force, because PCI device 00:02.0 is a virtio device that does not "
                                 "offer ACCESS_PLATFORM, so its DMA goes round the IOMMU\n");
}

/* Whatever keeps us from asking, the answer is no; and a list that is a loop ends. */
static void virtio_without_an_answer(void **state)
{
    for (unsigned i = 0; i < 6; i++) {
        start(state);
        switch (i) {
        case 0: bus[2].config[6] = 0; break;              /* no capabilities: the legacy interface only */
        case 1: bus[2].config[COMMON + 3] = 3; break;
        case 2: bus[2].config[WINDOW + 3] = 3; break;
        case 3: bus[2].config[COMMON + 1] = NOTIFY; break; /* a loop */
        case 4: bus[2].config[0x34] = 0x20; break;         /* into the header */
        default: bus[2].config[0x34] = 0xf0; bus[2].config[0xf0] = 9; break; /* a window that would end behind the space */
        }
        assert_true(dma_must_bounce());
        assert_non_null(strstr(printed, "ACCESS_PLATFORM"));
    }
}

/* Other devices of the vendor are not virtio. */
static void ids_of_virtio(void **state)
{
    static const uint16_t device[] = { 0xfff, 0x1000, 0x107f, 0x1080 };

    for (unsigned i = 0; i < 4; i++) {
        start(state);
        bus[2].features = 0;
        memcpy(bus[2].config + 2, &device[i], 2);
        assert_int_equal(dma_must_bounce(), i == 1 || i == 2);
    }
}

static void outside_ivrs(void **state)
{
    static const uint16_t bdf[] = { 0x00, 0x08, 0xf8, 0xfa };

    for (unsigned i = 0; i < 4; i++) {
        start(state);
        uncovered = bdf[i];
        assert_int_equal(dma_must_bounce(), i >= 2); /* a host bridge and the IOMMU itself do no DMA */
    }
    assert_string_equal(printed, "2:dom0: swiotlb=force, because PCI device 00:1f.2 is behind no IOMMU that the ACPI "
                                 "table IVRS names\n");
}

static void last_bus(void **state)
{
    (void)state;
    add_virtio(0xfff8, 0);
    assert_true(dma_must_bounce());
    assert_non_null(strstr(printed, "ff:1f.0"));
}

static void options(void **state)
{
    (void)state;
    option = "force";
    assert_true(dma_must_bounce());
    assert_string_equal(printed, "2:dom0: swiotlb=force, as dom0-swiotlb=force asks\n");
    start(state);
    option = "off";
    assert_false(dma_must_bounce());
    assert_non_null(strstr(printed, "2:dom0: no swiotlb=force: the DMA of all"));
    start(state);
    option = "off";
    bus[2].features = 0;
    assert_false(dma_must_bounce());
    assert_string_equal(printed, "1:dom0: swiotlb=force left out, as dom0-swiotlb=off asks, although PCI device 00:02.0 is "
                                 "a virtio device that does not offer ACCESS_PLATFORM, so its DMA goes round the IOMMU: "
                                 "DMA to granted and foreign pages is NOT safe\n");
    start(state);
    option = "perhaps";
    assert_false(dma_must_bounce());
    assert_non_null(strstr(printed, "1:dom0-swiotlb=perhaps is not understood: force or off\n2:dom0: no swiotlb"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(all_translated, start),    cmocka_unit_test_setup(no_iommu, start),
        cmocka_unit_test_setup(virtio_goes_round, start), cmocka_unit_test_setup(virtio_without_an_answer, start),
        cmocka_unit_test_setup(ids_of_virtio, start),     cmocka_unit_test_setup(outside_ivrs, start),
        cmocka_unit_test_setup(last_bus, start),          cmocka_unit_test_setup(options, start),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
