/* SPDX-License-Identifier: GPL-2.0-only */
#include "abi_fixture.h"

#include "errno.h"

/* Allowed: bit 0 the domain itself, bit 1 its device model, bit 2 dom0, bit 3 an unrelated guest. */
static const struct {
    enum op_right right;
    unsigned allowed;
} expect[] = {
    {RIGHT_ANY, 0xf}, {RIGHT_SELF, 0x1}, {RIGHT_SELF_OR_DM, 0x7}, {RIGHT_DM, 0x6}, {RIGHT_PRIV, 0x4},
};

static void test_matrix(void **state)
{
    struct domain priv = {.id = 0, .privileged = true, .target_of = DOMID_INVALID};
    struct domain guest_domain = {.id = 5, .target_of = DOMID_INVALID}, other = {.id = 6, .target_of = DOMID_INVALID};
    struct domain model = {.id = 7, .target_of = 5};
    const struct domain *callers[] = {&guest_domain, &model, &priv, &other};

    (void)state;
    for (size_t r = 0; r < ARRAY_SIZE(expect); r++)
        for (size_t c = 0; c < ARRAY_SIZE(callers); c++)
            assert_int_equal(rights_check(callers[c], &guest_domain, expect[r].right),
                             expect[r].allowed >> c & 1 ? 0 : -EPERM);
}

static void test_unknown_right_is_refused(void **state)
{
    struct domain priv = {.id = 0, .privileged = true};

    (void)state;
    assert_int_equal(rights_check(&priv, &priv, (enum op_right)99), -EPERM);
}

static void test_dom0_on_itself(void **state)
{
    struct domain priv = {.id = 0, .privileged = true, .target_of = DOMID_INVALID};

    (void)state;
    assert_int_equal(rights_check(&priv, &priv, RIGHT_DM), 0);
    assert_int_equal(rights_check(&priv, &priv, RIGHT_SELF), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_matrix),
        cmocka_unit_test(test_unknown_right_is_refused),
        cmocka_unit_test(test_dom0_on_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
