/* SPDX-License-Identifier: GPL-2.0-only */
/* libs/base: the buffer, against a plain model; no memory; the log. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "base/log.h"

void *__real_malloc(size_t size);
void *__wrap_malloc(size_t size);

static bool no_memory;

void *__wrap_malloc(size_t size)
{
    return no_memory ? NULL : __real_malloc(size);
}

static void against_model(void **state)
{
    struct buf b = { 0 };
    uint8_t model[8192];
    size_t len = 0;
    unsigned seed = 1;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        size_t n = (size_t)rand_r(&seed) % 300;

        if (rand_r(&seed) % 2 && len + n <= sizeof(model)) {
            for (size_t k = 0; k < n; k++)
                model[len + k] = (uint8_t)rand_r(&seed);
            assert_int_equal(buf_append(&b, model + len, n), 0);
            len += n;
        } else if (rand_r(&seed) % 8) {
            n = n < len ? n : len;
            buf_consume(&b, n);
            memmove(model, model + n, len - n);
            len -= n;
        } else {
            len = n < len ? n : len;
            buf_truncate(&b, len);
        }
        assert_int_equal(buf_len(&b), len);
        if (len)
            assert_memory_equal(buf_data(&b), model, len);
    }
    assert_true(b.size <= 4 * sizeof(model));
    buf_done(&b);
    assert_int_equal(buf_len(&b), 0);
}

static void formatted(void **state)
{
    struct buf b = { 0 };

    (void)state;
    assert_int_equal(buf_appendf(&b, "%s/%d", "abc", 42), 0);
    assert_int_equal(buf_appendf(&b, "%0600d", 7), 0);
    assert_int_equal(buf_len(&b), 606);
    assert_memory_equal(buf_data(&b), "abc/42000", 9);
    buf_done(&b);
}

static void without_memory(void **state)
{
    struct buf b = { 0 };
    void *room;

    (void)state;
    no_memory = true;
    assert_int_equal(buf_append(&b, "x", 1), -ENOMEM);
    no_memory = false;
    assert_int_equal(buf_append(&b, "x", 1), 0);
    no_memory = true;
    assert_int_equal(buf_reserve(&b, 100000, &room), -ENOMEM);
    assert_int_equal(buf_appendf(&b, "%01000d", 1), -ENOMEM);
    no_memory = false;
    assert_int_equal(buf_reserve(&b, SIZE_MAX - 4, &room), -ENOMEM);
    assert_int_equal(buf_reserve(&b, SIZE_MAX, &room), -ENOMEM);
    assert_int_equal(buf_len(&b), 1);
    assert_memory_equal(buf_data(&b), "x", 1);
    buf_done(&b);
}

static char line[2000];
static enum log_level line_level;

static void keep(void *arg, enum log_level level, const char *text)
{
    *(int *)arg += 1;
    line_level = level;
    strcpy(line, text);
}

static void logged(void **state)
{
    int calls = 0;
    struct log log = { .fn = keep, .arg = &calls, .max = LOG_LEVEL_INFO };

    (void)state;
    log_warn(&log, "%s %d", "text", 5);
    assert_string_equal(line, "text 5");
    assert_int_equal(line_level, LOG_LEVEL_WARN);
    log_debug(&log, "dropped");
    log_err(NULL, "dropped");
    assert_int_equal(calls, 1);
    log_info(&log, "%04000d", 1); /* cut, not overrun */
    assert_int_equal(strlen(line), 1023);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(against_model),
        cmocka_unit_test(formatted),
        cmocka_unit_test(without_memory),
        cmocka_unit_test(logged),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
