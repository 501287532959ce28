/* SPDX-License-Identifier: GPL-2.0-only */
#include "light/build_world.h"

#include <errno.h>
#include <string.h>

#include "ctrl/domain.h"
#include "fake/fault.h"

struct elf_kernel elf;
struct kernel_image kernel;
struct build_error error;
struct ctrl_priv *p;
struct ctrl_gnttab *gnttab;
struct pvh_domain domain;
struct pvh_guest guest;
struct pvh_built built;
uint32_t domid;
char ramdisk[3 * CTRL_PAGE_SIZE];
static struct guest_module module = { ramdisk, sizeof(ramdisk) - 7, "initrd" };

int kernel_setup(void **state)
{
    (void)state;
    memset(&error, 0, sizeof(error));
    elf_kernel_make(&elf);
    return kernel_image_parse("k", &elf, sizeof(elf), &kernel, &error);
}

int core_setup(void **state)
{
    for (size_t i = 0; i < sizeof(ramdisk); i++)
        ramdisk[i] = (char)(i % 251 + 1);
    domain = (struct pvh_domain){
        .uuid = "fifteen letters", .nr_vcpus = 2, .max_kib = 8192, .max_grant_frames = -1, .max_maptrack_frames = -1,
    };
    guest = (struct pvh_guest){
        .nr_vcpus = 2, .max_kib = 8192, .target_kib = 8192, .claim = true, .kernel_name = "k", .kernel = &kernel,
        .cmdline = "console=hvc0", .modules = &module, .nr_modules = 1, .map_pages = true,
    };
    gnttab = NULL;
    if (kernel_setup(state))
        return -1;
    ctrl_loop_init(64);
    return ctrl_transport->priv_open(&p);
}

int copy_setup(void **state)
{
    int err = core_setup(state);

    if (err == 0)
        err = ctrl_transport->gnttab_open(&gnttab);
    guest.map_pages = false;
    return err;
}

int core_teardown(void **state)
{
    (void)state;
    assert_int_equal(ctrl_loop_domains(), 0);
    assert_int_equal(ctrl_loop_in_use(), 1 + (gnttab != NULL));
    ctrl_gnttab_close(gnttab);
    ctrl_priv_close(p);
    ctrl_loop_done();
    return 0;
}

/* What of it there is stays. */
static int try_to_make(void)
{
    int err = pvh_domain_new(p, &domain, 0, &domid, &error);

    guest.domid = domid;
    return err < 0 ? err : pvh_build(p, &guest, &built, &error);
}

int make(void)
{
    int err;

    domid = 0;
    err = try_to_make();
    if (err < 0 && domid)
        assert_int_equal(ctrl_domain_destroy(p, domid), 0);
    return err;
}

void each_step_fails(void **state)
{
    uint64_t before;
    bool mapped = false;
    unsigned nth;

    (void)state;
    assert_int_equal(make(), 0); /* what a first one makes for good is there then */
    assert_int_equal(ctrl_domain_destroy(p, domid), 0);
    before = ctrl_loop_free_pages();
    for (nth = 1;; nth++) {
        int err;

        memset(&error, 0, sizeof(error));
        ctrl_loop_fail(nth, ENOBUFS);
        err = try_to_make();
        if (!ctrl_loop_failed())
            break;
        ctrl_loop_fail(0, 0);
        if (err == 0 && gnttab && !mapped) /* there was no handle to copy with: it is mapped */
            mapped = true;
        else if (err != -ENOBUFS || !strstr(error.text, "No buffer space") || !error.step)
            fail_msg("operation %u: %d, %s", nth, err, error.text);
        while (ctrl_loop_domains())
            for (uint32_t id = 1; id < 1000 && ctrl_loop_domains(); id++)
                ctrl_domain_destroy(p, id);
        assert_int_equal(ctrl_loop_in_use(), 1 + (gnttab != NULL));
        assert_int_equal(ctrl_loop_free_pages(), before);
    }
    ctrl_loop_fail(0, 0);
    assert_true(nth > 40);
    assert_int_equal(ctrl_domain_destroy(p, domid), 0);
}

void each_allocation_fails(void **state)
{
    unsigned nth;

    (void)state;
    for (nth = 1;; nth++) {
        int err;

        fault_at(FAULT_ALLOC, nth);
        err = make();
        if (!fault_happened(FAULT_ALLOC))
            break;
        if (err == 0 && gnttab) { /* there was no handle to copy with: it is mapped */
            assert_int_equal(ctrl_domain_destroy(p, domid), 0);
            continue;
        }
        assert_int_equal(err, -ENOMEM);
        assert_non_null(strstr(error.text, "Cannot allocate memory"));
    }
    fault_at(FAULT_ALLOC, 0);
    assert_true(nth > 4);
    assert_int_equal(ctrl_domain_destroy(p, domid), 0);
}
