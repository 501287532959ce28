/* SPDX-License-Identifier: GPL-2.0-only */
/* Specifications of devices, of arbitrary text; what is accepted is within what libxl's structs may hold. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "light/xlu/xlu.h"

static void disk(XLU_Config *cfg, const char *text)
{
    libxl_device_disk d = { 0 };
    int error = xlu_disk_parse(cfg, 1, &text, &d);

    CHECK(error == 0 || error == EINVAL);
    if (!error) {
        CHECK(d.vdev && *d.vdev && (d.pdev_path || d.removable));
        CHECK(d.format >= LIBXL_DISK_FORMAT_QCOW && d.format <= LIBXL_DISK_FORMAT_QED);
        CHECK(!d.is_cdrom || (d.removable && !d.readwrite));
        CHECK(d.colo_port >= 0 && d.colo_port <= 65535);
    }
    free(d.pdev_path);
    free(d.vdev);
    free(d.backend_domname);
    free(d.script);
    free(d.colo_host);
    free(d.colo_export);
    free(d.active_disk);
    free(d.hidden_disk);
}

static void pci(XLU_Config *cfg, const char *text)
{
    libxl_device_pci p = { 0 };
    int rc = xlu_pci_parse_spec_string(cfg, &p, text);

    CHECK(rc == 0 || rc == ERROR_INVAL || rc == ERROR_FAIL);
    CHECK(p.domain >= 0 && p.domain <= 0xffff && p.dev <= 0x1f && p.func <= 7 && p.vdevfn <= 0x1f << 3);
    free(p.name);
}

static void rate(XLU_Config *cfg, const char *text)
{
    libxl_device_nic nic = { 0 };
    int error = xlu_vif_parse_rate(cfg, text, &nic);

    CHECK(error == 0 || error == EINVAL || error == EOVERFLOW);
    CHECK((nic.rate_interval_usecs != 0) == !error);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FILE *nowhere = fopen("/dev/null", "w");
    XLU_Config *cfg = xlu_cfg_init(nowhere, "f");
    libxl_rdm_reserve rdm = { 0 };
    char *text = malloc(size + 1);

    CHECK(nowhere && cfg && text);
    memcpy(text, data, size);
    text[size] = '\0';
    disk(cfg, text);
    pci(cfg, text);
    rate(cfg, text);
    CHECK(xlu_rdm_parse(cfg, &rdm, text) <= 0);
    free(text);
    xlu_cfg_destroy(cfg);
    fclose(nowhere);
    return 0;
}
