/* SPDX-License-Identifier: GPL-2.0-only */
/* libs/light/xlu: disks, rates, PCI devices, reserved memory: as text and as libxl's structs. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "fault.h"
#include "light/xlu/xlu.h"
#include "xlu_fixture.h"

static void disk_done(libxl_device_disk *d)
{
    free(d->pdev_path);
    free(d->vdev);
    free(d->backend_domname);
    free(d->script);
    free(d->colo_host);
    free(d->colo_export);
    free(d->active_disk);
    free(d->hidden_disk);
    memset(d, 0, sizeof(*d));
}

static void test_disks(void **state)
{
    static const struct {
        const char *text, *target, *vdev;
        libxl_disk_format format;
        int readwrite, cdrom;
    } rows[] = {
        { "/dev/vg/g,,xvda", "/dev/vg/g", "xvda", LIBXL_DISK_FORMAT_RAW, 1, 0 },
        { "/g.img,qcow2,xvda,ro", "/g.img", "xvda", LIBXL_DISK_FORMAT_QCOW2, 0, 0 },
        { "vdev=hdc, access=rw, devtype=cdrom, target=/a,b=c.iso", "/a,b=c.iso", "hdc", LIBXL_DISK_FORMAT_RAW, 0, 1 },
        { "tap2:qcow2:/x,xvda,w", "/x", "xvda", LIBXL_DISK_FORMAT_QCOW2, 1, 0 },
        { ",hdc:cdrom,r", "", "hdc", LIBXL_DISK_FORMAT_EMPTY, 0, 1 },
        { "rbd:pool/image,raw,xvda", "rbd:pool/image", "xvda", LIBXL_DISK_FORMAT_RAW, 1, 0 },
        { "format=vhd,/x,xvdb", "/x", "xvdb", LIBXL_DISK_FORMAT_VHD, 1, 0 },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        XLU_Config *cfg = xlu_begin();
        libxl_device_disk d = { 0 };

        assert_int_equal(xlu_disk_parse(cfg, 1, &rows[i].text, &d), 0);
        assert_string_equal(d.pdev_path, rows[i].target);
        assert_string_equal(d.vdev, rows[i].vdev);
        assert_int_equal(d.format, rows[i].format);
        assert_int_equal(d.readwrite, rows[i].readwrite);
        assert_int_equal(d.is_cdrom, rows[i].cdrom);
        assert_int_equal(d.removable, rows[i].cdrom);
        disk_done(&d);
        xlu_end(cfg, "");
    }
}

static void test_disk_of_parts(void **state)
{
    static const char *const specs[] = { "/x,raw", "xvda,untrusted,no-discard,direct-io-safe",
                                         "backendtype=qdisk,script=s,backend=d,specification=virtio",
                                         "colo,colo-host=h,colo-port=9,colo-export=e,active-disk=a,hidden-disk=b" };
    XLU_Config *cfg = xlu_begin();
    libxl_device_disk d = { 0 };

    (void)state;
    assert_int_equal(xlu_disk_parse(cfg, 4, specs, &d), 0);
    assert_string_equal(d.vdev, "xvda");
    assert_string_equal(d.script, "s");
    assert_string_equal(d.backend_domname, "d");
    assert_string_equal(d.colo_host, "h");
    assert_int_equal(d.colo_port, 9);
    assert_int_equal(d.colo_enable.val, 1);
    assert_int_equal(d.trusted.val, -1);
    assert_int_equal(d.discard_enable.val, -1);
    assert_true(d.direct_io_safe);
    assert_int_equal(d.backend, LIBXL_DISK_BACKEND_QDISK);
    assert_int_equal(d.specification, LIBXL_DISK_SPECIFICATION_VIRTIO);
    disk_done(&d);
    assert_int_equal(xlu_disk_parse(cfg, 0, NULL, &d), 0);
    xlu_end(cfg, "");
}

static void test_wrong_disks(void **state)
{
    static const struct {
        const char *text, *want;
    } rows[] = {
        { "x", "disk `x': no vdev: the guest's name of it (xvda, hdc) is missing" },
        { "vdev=xvda", "disk `vdev=xvda': no target: the file or device is missing" },
        { "x,rwa,xvda", "disk `x,rwa,xvda': column 3: `rwa': no such format; `raw' is one" },
        { "x,raw,xvda,rq", "disk `x,raw,xvda,rq': column 12: `rq': no such access; `rw' is one" },
        { "x,raw,xvda,w,y", "disk `x,raw,xvda,w,y': column 14: `y': there are target, format, vdev and access, and no fifth" },
        { "x,raw,xvda,backendtyp=phy", "disk `x,raw,xvda,backendtyp=phy': column 12: `backendtyp': no such parameter; "
                                       "`backendtype' is one" },
        { "x,raw,xvda,vdev=xvdb", "disk `x,raw,xvda,vdev=xvdb': column 17: `xvdb': the value of this parameter is already given" },
        { "/a=b,raw,xvda", "disk `/a=b,raw,xvda': column 1: `/a=b': a target that has a = comes last, as target=..." },
        { "http://x,raw,xvda", "disk `http://x,raw,xvda': column 1: `http': no such prefix (a target with such a beginning "
                               "comes last, as target=...)" },
        { "x,raw,hdc:dvd,r", "disk `x,raw,hdc:dvd,r': column 11: `dvd': no such type of device" },
        { "x,raw,xvda,colo-port=0", "disk `x,raw,xvda,colo-port=0': column 22: `0': no port number" },
        { "nbd:iscsi:x,xvda,w", "disk `nbd:iscsi:x,xvda,w': column 5: `iscsi': the script is already given" },
        { "raw:qcow2:x,xvda,w", "disk `raw:qcow2:x,xvda,w': column 5: `qcow2': the format is already given" },
        { "x,raw,xvda,specification=", "disk `x,raw,xvda,specification=': column 26: `': no such specification" },
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        XLU_Config *cfg = xlu_begin();
        libxl_device_disk d = { 0 };
        char want[300];

        assert_int_equal(xlu_disk_parse(cfg, 1, &rows[i].text, &d), EINVAL);
        snprintf(want, sizeof(want), "g.cfg: %s\n", rows[i].want);
        disk_done(&d);
        xlu_end(cfg, want);
    }
}

static void test_rates(void **state)
{
    static const struct {
        const char *text;
        int error;
        uint64_t bytes;
        uint32_t us;
    } rows[] = {
        { "10Mb/s", 0, 62500, 50000 },      { "250KB/s", 0, 12500, 50000 },
        { "1MB/s@20ms", 0, 20000, 20000 },  { "1GB/s@2", 0, 2000000000, 2000000 },
        { "5B/s@1s", 0, 5, 1000000 },       { "16b/s@1s", 0, 2, 1000000 },
        { "1Gb/s@10us", 0, 1250, 10 },      { "1Kb/s@1s", 0, 125, 1000000 },
        { "10", EINVAL, 0, 0 },             { "1M/s", EINVAL, 0, 0 },
        { "MB/s", EINVAL, 0, 0 },           { "1MB/s@", EINVAL, 0, 0 },
        { "-1MB/s", EINVAL, 0, 0 },         { "1MB/s@2m", EINVAL, 0, 0 },
        { "0MB/s", EOVERFLOW, 0, 0 },       { "4294967296B/s", EOVERFLOW, 0, 0 },
        { "1B/s@4295s", EOVERFLOW, 0, 0 },  { "368935GB/s", EOVERFLOW, 0, 0 },
    };
    XLU_Config *cfg = xlu_begin();

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        libxl_device_nic nic = { 0 };

        assert_int_equal(xlu_vif_parse_rate(cfg, rows[i].text, &nic), rows[i].error);
        assert_int_equal(nic.rate_bytes_per_interval, rows[i].bytes);
        assert_int_equal(nic.rate_interval_usecs, rows[i].us);
    }
    fflush(cfg->report);
    assert_non_null(strstr(said, "g.cfg: rate `1MB/s@2m': column 7: `2m': no interval such as 20ms\n"));
    assert_non_null(strstr(said, "g.cfg: rate `368935GB/s': column 1: `368935GB/s': zero, or too much\n"));
    fclose(cfg->report);
    cfg->report = NULL;
    xlu_cfg_destroy(cfg);
    free(said);
}

static void test_pci(void **state)
{
    static const char *const wrong[] = {
        "36:00", "36:20.0", "36:00.8", "100:00.0", "10000:36:00.0", "", "36:00.0@20", "36:00.0,vslot=20", "name=x,bdf=36:00.0",
        "seize=1", "36:00.0,seize=yes", "36:00.0,foo=1", "36:00.0,seize", "36:00.0 ", "x",
    };
    XLU_Config *cfg = xlu_begin();
    libxl_device_pci pci = { 0 };

    (void)state;
    assert_int_equal(xlu_pci_parse_bdf(cfg, &pci, "0001:36:1f.7@ignored"), 0);
    assert_int_equal(pci.domain, 1);
    assert_int_equal(pci.bus, 0x36);
    assert_int_equal(pci.dev, 0x1f);
    assert_int_equal(pci.func, 7);
    assert_int_equal(xlu_pci_parse_bdf(cfg, &pci, "gg:0.0"), ERROR_INVAL);
    assert_int_equal(pci.bus, 0x36);
    assert_int_equal(xlu_pci_parse_spec_string(
                         cfg, &pci, "36:00.*@1f,permissive=1,msitranslate=1,seize=1,power_mgmt=1,rdm_policy=relaxed"), 0);
    assert_int_equal(pci.vfunc_mask, ~0u);
    assert_int_equal(pci.vdevfn, 0x1f << 3);
    assert_true(pci.permissive && pci.msitranslate && pci.seize && pci.power_mgmt);
    assert_int_equal(pci.rdm_policy, LIBXL_RDM_RESERVE_POLICY_RELAXED);
    assert_int_equal(xlu_pci_parse_spec_string(cfg, &pci, "name=disk,vslot=5"), 0);
    assert_string_equal(pci.name, "disk");
    free(pci.name);
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        memset(&pci, 0, sizeof(pci));
        assert_int_equal(xlu_pci_parse_spec_string(cfg, &pci, wrong[i]), ERROR_INVAL);
        free(pci.name);
    }
    memset(&pci, 0, sizeof(pci));
    assert_int_equal(xlu_pci_parse_spec_string(cfg, &pci, "36:00.0,rdm_policy=hard"), ERROR_FAIL);
    fclose(cfg->report);
    cfg->report = NULL;
    xlu_cfg_destroy(cfg);
    free(said);
}

static void test_rdm(void **state)
{
    XLU_Config *cfg = xlu_begin();
    libxl_rdm_reserve rdm = { 0 };

    (void)state;
    assert_int_equal(xlu_rdm_parse(cfg, &rdm, "strategy=host,policy=relaxed"), 0);
    assert_int_equal(rdm.strategy, LIBXL_RDM_RESERVE_STRATEGY_HOST);
    assert_int_equal(rdm.policy, LIBXL_RDM_RESERVE_POLICY_RELAXED);
    assert_int_equal(xlu_rdm_parse(cfg, &rdm, "strategy=most"), ERROR_INVAL);
    assert_int_equal(xlu_rdm_parse(cfg, &rdm, "policy=hard"), ERROR_INVAL);
    assert_int_equal(xlu_rdm_parse(cfg, &rdm, "polcy=strict"), ERROR_INVAL);
    assert_int_equal(xlu_rdm_parse(cfg, &rdm, "strict"), ERROR_INVAL);
    xlu_end(cfg, "g.cfg: rdm `strategy=most': column 10: `most': no such strategy; `host' is one\n"
             "g.cfg: rdm `policy=hard': column 8: `hard': no such policy\n"
             "g.cfg: rdm `polcy=strict': column 1: `polcy': no such parameter; `policy' is one\n"
             "g.cfg: rdm `strict': column 1: `strict': no KEY=VALUE\n");
}

static void test_no_memory(void **state)
{
    static const char *const specs[] = { "nbd:/x,xvda,w", "backend=d,colo-host=h" };
    XLU_Config *cfg = xlu_begin();
    unsigned n = 0;
    int error;

    (void)state;
    do {
        libxl_device_disk d = { 0 };

        fault_at(FAULT_ALLOC, ++n);
        error = xlu_disk_parse(cfg, 2, specs, &d);
        assert_int_equal(error, fault_happened(FAULT_ALLOC) ? ENOMEM : 0);
        disk_done(&d);
    } while (fault_happened(FAULT_ALLOC));
    assert_int_equal(n, 6);
    n = 0;
    do {
        libxl_device_pci pci = { 0 };

        fault_at(FAULT_ALLOC, ++n);
        error = xlu_pci_parse_spec_string(cfg, &pci, "name=x");
        assert_int_equal(error, fault_happened(FAULT_ALLOC) ? ERROR_NOMEM : 0);
        free(pci.name);
    } while (fault_happened(FAULT_ALLOC));
    assert_int_equal(n, 2);
    xlu_end(cfg, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_disks), cmocka_unit_test(test_disk_of_parts), cmocka_unit_test(test_wrong_disks),
        cmocka_unit_test(test_rates), cmocka_unit_test(test_pci),           cmocka_unit_test(test_rdm),
        cmocka_unit_test(test_no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
