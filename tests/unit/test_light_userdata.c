/* SPDX-License-Identifier: GPL-2.0-only */
/* What libs/light keeps of a domain in files; its name; and what programs do with files by it. */
#include "light/info_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <libxl_utils.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "light/userdata.h"

/* --- userdata --- */
static int count_files(void)
{
    char command[256];
    FILE *f;
    int n = -1;

    snprintf(command, sizeof(command), "ls %s | wc -l", light_userdata_folder);
    f = popen(command, "r");
    assert_int_equal(fscanf(f, "%d", &n), 1);
    pclose(f);
    return n;
}

static void test_userdata(void **state)
{
    static const uint8_t data[] = "some data";
    libxl_domain_config config;
    char name[256];
    struct stat st;
    uint8_t *back;
    int len, fd;

    (void)state;
    assert_int_equal(libxl_userdata_retrieve(ctx, domids[0], "a", &back, &len), 0);
    assert_null(back);
    assert_int_equal(len, 0);
    assert_int_equal(libxl_userdata_store(ctx, domids[0], "a", data, sizeof(data)), 0);
    snprintf(name, sizeof(name), "%s/userdata-d.%u.01010101-0101-0101-0101-010101010101.a", light_userdata_folder,
             domids[0]);
    assert_int_equal(stat(name, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(libxl_userdata_retrieve(ctx, domids[0], "a", &back, &len), 0);
    assert_int_equal(len, sizeof(data));
    assert_memory_equal(back, data, sizeof(data));
    free(back);
    assert_int_equal(libxl_userdata_retrieve(ctx, domids[0], "a", NULL, NULL), 0);
    assert_int_equal(libxl_userdata_unlink(ctx, domids[0], "a"), 0);
    assert_int_equal(libxl_userdata_unlink(ctx, domids[0], "a"), 0);
    assert_int_equal(stat(name, &st), -1);
    assert_int_equal(libxl_userdata_store(ctx, domids[0], "../a", data, 1), ERROR_INVAL);
    assert_int_equal(libxl_userdata_store(ctx, NOBODY, "a", data, 1), ERROR_DOMAIN_NOTFOUND);
    assert_int_equal(libxl_userdata_retrieve(ctx, NOBODY, "a", NULL, NULL), ERROR_DOMAIN_NOTFOUND);

    libxl_domain_config_init(&config);
    assert_int_equal(light_config_load(ctx, domids[0], &config), ERROR_JSON_CONFIG_EMPTY);
    config.c_info.name = strdup("kept");
    assert_int_equal(light_userdata_lock(ctx, domids[0], &fd), 0);
    assert_int_equal(light_config_store(ctx, domids[0], &config), 0);
    close(fd);
    libxl_domain_config_dispose(&config);
    libxl_domain_config_init(&config);
    assert_int_equal(light_config_load(ctx, domids[0], &config), 0);
    assert_string_equal(config.c_info.name, "kept");
    libxl_domain_config_dispose(&config);

    assert_int_equal(libxl_userdata_store(ctx, domids[1], "b", data, sizeof(data)), 0);
    assert_int_equal(light_userdata_remove(ctx, domids[0], &first_uuid), 0);
    assert_int_equal(count_files(), 2); /* the other's, and its lock */
    assert_int_equal(light_userdata_remove(ctx, domids[1], &second_uuid), 0);
    assert_int_equal(count_files(), 0);
}

static void test_userdata_folder_is_missing(void **state)
{
    const char *folder = light_userdata_folder;
    int fd;

    (void)state;
    light_userdata_folder = "/no/such/folder";
    assert_int_equal(light_userdata_lock(ctx, domids[0], &fd), ERROR_LOCK_FAIL);
    assert_int_equal(libxl_userdata_store(ctx, domids[0], "a", NULL, 0), ERROR_LOCK_FAIL);
    assert_int_equal(libxl_userdata_retrieve(ctx, domids[0], "a", NULL, NULL), 0);
    assert_int_equal(light_userdata_remove(ctx, domids[0], &(libxl_uuid){{1}}), 0);
    light_userdata_folder = folder;
}

static void test_rename(void **state)
{
    libxl_domain_config config;
    int fd;

    (void)state;
    assert_int_equal(libxl_domain_rename(ctx, domids[1], "guest1", "fresh"), 0);
    assert_string_equal(written, "/vm/x/name");
    store_conflicts = 3;
    assert_int_equal(libxl_domain_rename(ctx, domids[0], NULL, "fresh"), 0);
    assert_true(strstr(written, "/local/domain/") && strstr(written, "/name"));
    store_conflicts = 1000;
    assert_int_equal(libxl_domain_rename(ctx, domids[0], NULL, "fresh"), ERROR_FAIL);
    store_conflicts = 0;
    assert_int_equal(libxl_domain_rename(ctx, domids[0], "guest1", "fresh"), ERROR_INVAL);
    expect_said("its name is \"guest0\", not \"guest1\"");
    assert_int_equal(libxl_domain_rename(ctx, domids[0], "guest0", "guest1"), ERROR_INVAL);
    expect_said("has the name \"guest1\"");
    assert_int_equal(libxl_domain_rename(ctx, domids[0], "guest0", "guest0"), 0);
    assert_int_equal(libxl_domain_rename(ctx, domids[0], NULL, ""), ERROR_INVAL);
    assert_int_equal(libxl_domain_rename(ctx, domids[0], NULL, "a/b"), ERROR_INVAL);
    assert_int_equal(libxl_domain_rename(ctx, NOBODY, NULL, "fresh"), ERROR_DOMAIN_NOTFOUND);
    store_error = EIO;
    assert_int_equal(libxl_domain_rename(ctx, domids[0], NULL, "fresh"), ERROR_FAIL);
    assert_int_equal(libxl_send_sysrq(ctx, domids[0], 'h'), ERROR_FAIL);
    store_error = 0;
    assert_int_equal(libxl_send_sysrq(ctx, domids[0], 'h'), 0);
    assert_non_null(strstr(written, "/control/sysrq"));
    assert_int_equal(libxl_send_sysrq(ctx, NOBODY, 'h'), ERROR_DOMAIN_NOTFOUND);

    libxl_domain_config_init(&config);
    config.c_info.name = strdup("guest0");
    assert_int_equal(light_userdata_lock(ctx, domids[0], &fd), 0);
    assert_int_equal(light_config_store(ctx, domids[0], &config), 0);
    close(fd);
    libxl_domain_config_dispose(&config);
    libxl_domain_config_init(&config);
    assert_int_equal(libxl_domain_rename(ctx, domids[0], "guest0", "kept"), 0);
    assert_int_equal(light_config_load(ctx, domids[0], &config), 0);
    assert_string_equal(config.c_info.name, "kept");
    libxl_domain_config_dispose(&config);
    assert_int_equal(light_userdata_remove(ctx, domids[0], &first_uuid), 0);
    assert_int_equal(light_userdata_remove(ctx, domids[1], &second_uuid), 0);
}

/* --- files and descriptors --- */
static void test_files(void **state)
{
    char path[256], *name;
    void *data;
    int len, pipes[2];
    char got[4];

    (void)state;
    snprintf(path, sizeof(path), "%s/file", light_userdata_folder);
    assert_int_equal(libxl_read_file_contents(ctx, path, &data, &len), ENOENT);
    assert_int_equal(libxl_read_file_contents(ctx, "/dev", &data, &len), ENODEV);
    assert_int_equal(libxl_pipe(ctx, pipes), 0);
    assert_int_equal(libxl_fd_set_cloexec(ctx, pipes[0], 1), 0);
    assert_int_equal(libxl_fd_set_nonblock(ctx, pipes[0], 1), 0);
    assert_int_equal(libxl_fd_set_nonblock(ctx, 12345, 1), ERROR_FAIL);
    assert_int_equal(libxl_read_exactly(ctx, pipes[0], got, 4, "pipe", "what"), EAGAIN);
    expect_said("cannot read what pipe");
    assert_int_equal(libxl_write_exactly(ctx, pipes[1], "ab", 2, NULL, NULL), 0);
    assert_int_equal(libxl_write_exactly(ctx, pipes[1], "cd", 2, NULL, NULL), 0);
    assert_int_equal(libxl_read_exactly(ctx, pipes[0], got, 4, NULL, NULL), 0);
    assert_memory_equal(got, "abcd", 4);
    close(pipes[1]);
    assert_int_equal(libxl_read_exactly(ctx, pipes[0], got, 4, NULL, NULL), EPROTO);
    close(pipes[0]);
    name = libxl_basename("/a/b");
    assert_string_equal(name, "b");
    free(name);
    assert_int_equal(libxl_get_required_shadow_memory(1048576, 4), 12288);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_userdata, info_setup, info_teardown),
        cmocka_unit_test_setup_teardown(test_userdata_folder_is_missing, info_setup, info_teardown),
        cmocka_unit_test_setup_teardown(test_rename, info_setup, info_teardown),
        cmocka_unit_test_setup_teardown(test_files, info_setup, info_teardown),
    };

    return cmocka_run_group_tests(tests, info_begin, info_end);
}
