/* SPDX-License-Identifier: GPL-2.0-only */
/* Names of disks and their numbers: xen-vbd-interface(7). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>

#include "light/device_disk.h"

static void numbers(void **state)
{
    static const struct {
        const char *name;
        int number;
    } rows[] = {
        { "xvda", 202 << 8 }, { "xvda1", 202 << 8 | 1 }, { "xvdb", 202 << 8 | 16 }, { "xvdp15", 202 << 8 | 255 },
        { "xvdq", 1 << 28 | 16 << 8 }, { "xvda16", 1 << 28 | 16 }, { "xvdaa", 1 << 28 | 26 << 8 }, { "xvdz255", 1 << 28 | 25 << 8 | 255 },
        { "hda", 3 << 8 }, { "hdb2", 3 << 8 | 66 }, { "hdc", 22 << 8 }, { "hdd63", 22 << 8 | 127 },
        { "sda", 8 << 8 }, { "sdp15", 8 << 8 | 255 }, { "d0p0", 202 << 8 }, { "d1p2", 202 << 8 | 18 }, { "d16p0", 1 << 28 | 16 << 8 },
        { "51712", 51712 }, { "0xca00", 51712 },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int number = -1;

        assert_int_equal(light_vdev_number(rows[i].name, &number), 0);
        assert_int_equal(number, rows[i].number);
    }
}

static void no_names(void **state)
{
    static const char *const names[] = {
        "", "x", "xvd", "xvdA", "xvda0", "xvda256", "xvda1x", "hde", "hda64", "sdq", "sda16", "d0", "d0p", "dp1", "d0p256", "1x",
        "99999999999999999999", "xvd1", "vda", "xvdzzzzzzzzzzzzzzzz", "d99999999999p0", "xvda99999999999999", "-1",
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        int number = 7;

        assert_int_equal(light_vdev_number(names[i], &number), -EINVAL);
        assert_int_equal(number, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test(numbers), cmocka_unit_test(no_names) };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
