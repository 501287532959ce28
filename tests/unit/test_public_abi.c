/* SPDX-License-Identifier: GPL-2.0-only */
/* Our statement of the public ABI against the distribution's headers: every size, offset and number. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "domain.h"
#include "public/domctl.h"
#include "public/event_channel.h"
#include "public/grant_table.h"
#include "public/hvm.h"
#include "public/memory.h"
#include "public/multicall.h"
#include "public/physdev.h"
#include "public/platform.h"
#include "public/sched.h"
#include "public/sysctl.h"
#include "public/vcpu.h"
#include "public/vcpu_context.h"
#include "public/version.h"
#include "public/xen.h"
#include "public_abi.h"

#define SIZE(ours, theirs) {"sizeof " #ours, sizeof(struct ours), 0},
#define FIELD(s, f, theirs, their_f) {#s "." #f, offsetof(struct s, f), sizeof(((struct s *)0)->f)},
#define OFFSET(s, f, theirs, their_f) {#s "." #f, offsetof(struct s, f), 0},
#define CONST(name) {#name, (uint64_t)(name), 0},

static const struct abi_value ours[] = {
#include "public_abi.def"
};

static void test_same_as_peer(void **state)
{
    unsigned wrong = 0;

    (void)state;
    assert_int_equal(ARRAY_SIZE(ours), nr_abi_peer);
    for (size_t i = 0; i < ARRAY_SIZE(ours); i++) {
        assert_string_equal(ours[i].name, abi_peer[i].name);
        if (ours[i].value == abi_peer[i].value && ours[i].extent == abi_peer[i].extent)
            continue;
        print_error("%s: %#llx/%llu, peer %#llx/%llu\n", ours[i].name, (unsigned long long)ours[i].value,
                    (unsigned long long)ours[i].extent, (unsigned long long)abi_peer[i].value,
                    (unsigned long long)abi_peer[i].extent);
        wrong++;
    }
    assert_int_equal(wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_same_as_peer),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
