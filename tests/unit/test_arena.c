/* SPDX-License-Identifier: GPL-2.0-only */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "base/arena.h"
#include "fake/fault.h"

static void pieces_are_zeroed_aligned_and_apart(void **state)
{
    struct arena arena = { 0 };
    unsigned char *last = NULL;
    unsigned char zeros[9000] = { 0 };

    (void)state;
    for (size_t size = 0; size < 9000; size = size * 2 + 1) {
        unsigned char *piece = arena_alloc(&arena, size);

        assert_non_null(piece);
        assert_int_equal((uintptr_t)piece % _Alignof(max_align_t), 0);
        assert_memory_equal(piece, zeros, size);
        memset(piece, 0xff, size);
        assert_ptr_not_equal(piece, last);
        last = piece;
    }
    arena_done(&arena);
    assert_non_null(arena_alloc(&arena, 1));
    arena_done(&arena);
}

static void text(void **state)
{
    struct arena arena = { 0 };

    (void)state;
    assert_string_equal(arena_printf(&arena, "%s has %d", "it", 5), "it has 5");
    assert_string_equal(arena_strdup(&arena, ""), "");
    assert_null(arena_strdup(&arena, NULL));
    arena_done(&arena);
}

static void no_memory(void **state)
{
    struct arena arena = { 0 };

    (void)state;
    assert_null(arena_alloc(&arena, SIZE_MAX));
    fault_at(FAULT_ALLOC, 1);
    assert_null(arena_strdup(&arena, "text"));
    fault_at(FAULT_ALLOC, 1);
    assert_null(arena_printf(&arena, "text"));
    arena_done(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pieces_are_zeroed_aligned_and_apart),
        cmocka_unit_test(text),
        cmocka_unit_test(no_memory),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
