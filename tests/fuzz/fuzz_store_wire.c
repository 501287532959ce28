/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A payload of arbitrary bytes. Beyond the sanitizers: strings lie in it, in order; a path that is accepted has only what
 * paths may have; what is parsed and written again is the same.
 */
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "store/wire.h"

static void check_path(const char *s)
{
    enum wire_path_kind kind = wire_path_kind(s);

    if (kind == WIRE_PATH_NONE)
        return;
    CHECK(strlen(s) <= XENSTORE_ABS_PATH_MAX && !strstr(s, "//") && !strpbrk(s, " .\t\n\"%"));
    CHECK((kind == WIRE_PATH_ABSOLUTE) == (s[0] == '/') && (kind == WIRE_PATH_SPECIAL) == (s[0] == '@'));
}

static void check_perm(const char *s)
{
    struct xs_permissions perm, again;
    char text[WIRE_PERM_MAX];

    if (wire_parse_perm(s, &perm))
        return;
    CHECK(wire_format_perm(&perm, text, sizeof(text)) == 0);
    CHECK(wire_parse_perm(text, &again) == 0 && again.id == perm.id && again.perms == perm.perms);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char *copy = malloc(size + !size); /* of its own, so that a byte too many is seen */
    size_t pos = 0, n = 0;
    const char *s;

    CHECK(copy);
    memcpy(copy, data, size);
    while ((s = wire_string(copy, size, &pos))) {
        CHECK(pos <= size && s + strlen(s) + 1 == copy + pos);
        check_path(s);
        check_perm(s);
        n++;
    }
    CHECK(n == wire_count_strings(copy, size));
    CHECK(!strcmp(wire_error_name(wire_error_number(copy, size)), "EINVAL") || wire_error_number(copy, size) != EINVAL);
    free(copy);
    return 0;
}
