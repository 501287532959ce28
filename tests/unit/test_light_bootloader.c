/* SPDX-License-Identifier: GPL-2.0-only */
/* bootloader=: what the program is given, what is made of its answer, and that nothing is left of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake/fault.h"
#include "light/bootloader.h"
#include "light/context.h"
#include "light/events.h"
#include "light/userdata.h"

static char folder[] = "/tmp/light-bootloader-XXXXXX", script[60];
static libxl_domain_config config;
static char terminal[PTY_NAME_MAX];
static char kernel_seen[100], ramdisk_seen[100], cmdline_seen[100];

/* --- an operation that runs it and looks at what it has found --- */

struct run {
    struct light_bootloader bootloader;
};

static int begin(struct op *op)
{
    struct light_bootloader *b = &((struct run *)op->arg)->bootloader;
    int rc = light_bootloader_show(op, b);

    snprintf(terminal, sizeof(terminal), "%s", b->relay.person.name);
    return rc ? rc : light_bootloader_start(op, ctx, 5, &config, b);
}

static void stop(struct op *op)
{
    light_bootloader_stop(&((struct run *)op->arg)->bootloader);
}

static void file_seen(const char *path, char to[100])
{
    FILE *f = path ? fopen(path, "r") : NULL;

    snprintf(to, 100, "%s", path ? "unreadable" : "none");
    if (f) {
        to[fread(to, 1, 99, f)] = '\0';
        fclose(f);
    }
}

static int take(struct op *op)
{
    struct run *r = op->arg;
    int rc = light_bootloader_read(op, &r->bootloader);

    if (rc)
        return rc;
    file_seen(r->bootloader.answer.kernel, kernel_seen);
    file_seen(r->bootloader.answer.ramdisk, ramdisk_seen);
    snprintf(cmdline_seen, sizeof(cmdline_seen), "%s", r->bootloader.answer.cmdline ? r->bootloader.answer.cmdline : "none");
    return 0;
}

static void release(struct op *op)
{
    light_bootloader_free(&((struct run *)op->arg)->bootloader);
}

static const struct op_step steps[] = {
    { .name = "finding its kernel", .start = begin, .stop = stop },
    { .name = "reading its kernel", .start = take },
};

static int run(const libxl_asyncop_how *how)
{
    struct op *op;

    log_text[0] = '\0';
    pthread_mutex_lock(&ctx->lock);
    op = light_op_new(ctx, steps, 2, sizeof(struct run));
    if (!op) {
        pthread_mutex_unlock(&ctx->lock);
        return ERROR_NOMEM;
    }
    op->release = release;
    return light_op_run(ctx, op, how);
}

/* The program is a shell's: $out, $dir, $disk are what it was given, $all the arguments. */
static void write_script(const char *text)
{
    FILE *f = fopen(script, "w");

    assert_non_null(f);
    fprintf(f, "#!/bin/sh\nall=\"$*\"\n"
               "for a; do case $a in --output=*) out=${a#*=} ;; --output-directory=*) dir=${a#*=} ;; esac; disk=$a; done\n%s\n", text);
    assert_int_equal(fchmod(fileno(f), 0755), 0);
    fclose(f);
}

static int run_script(const char *text)
{
    write_script(text);
    return run(NULL);
}

/* --- the environment --- */

static int group_setup(void **state)
{
    (void)state;
    light_userdata_folder = mkdtemp(folder);
    snprintf(script, sizeof(script), "%s/program", folder);
    return light_userdata_folder && chmod(folder, 0755) == 0 ? 0 : -1; /* as /var/lib/xen: a restricted one gets to its own */
}

static int group_teardown(void **state)
{
    (void)state;
    unlink(script);
    return rmdir(folder);
}

static int setup(void **state)
{
    unsetenv("LIBXL_BOOTLOADER_TIMEOUT");
    unsetenv("LIBXL_BOOTLOADER_RESTRICT");
    unsetenv("LIBXL_BOOTLOADER_USER");
    libxl_domain_config_init(&config);
    config.b_info.bootloader = strdup(script);
    config.disks = calloc(1, sizeof(*config.disks));
    config.num_disks = 1;
    libxl_device_disk_init(config.disks);
    config.disks->format = LIBXL_DISK_FORMAT_RAW;
    config.disks->vdev = strdup("xvda");
    config.disks->pdev_path = strdup("/the/disk");
    return context_setup(state);
}

/* Whatever has happened: no process, and nothing but the program in the folder. */
static int teardown(void **state)
{
    DIR *dir = opendir(folder);
    struct dirent *e;
    int left = 0;

    (void)state;
    while ((e = readdir(dir)))
        left += e->d_name[0] != '.' && strcmp(e->d_name, "program");
    closedir(dir);
    libxl_domain_config_dispose(&config);
    if (libxl_ctx_free(ctx) || left)
        return -1;
    return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD ? 0 : -1;
}

/* --- tests --- */

static void found(void **state)
{
    static const char *args[] = { "--one", "two three", NULL };

    (void)state;
    assert_int_equal(run_script("echo K >$dir/k; echo R >$dir/r; mkdir $dir/more; touch $dir/more/file\n"
                                "printf 'kernel %s\\0ramdisk %s\\0args root=/dev/xvda ro\\0\\0' $dir/k $dir/r >$out"),
                     0);
    assert_string_equal(log_text, "");
    assert_string_equal(kernel_seen, "K\n");
    assert_string_equal(ramdisk_seen, "R\n");
    assert_string_equal(cmdline_seen, "root=/dev/xvda ro");
    assert_int_equal(run_script("printf 'other thing\\0kernel %s\\0' $0 >$out"), 0);
    assert_string_equal(ramdisk_seen, "none");
    assert_string_equal(cmdline_seen, "none");
    assert_int_equal(run_script("printf 'kernel /k\\0args %s\\0' \"$(echo \"$all\" | sed \"s#$dir#DIR#g\")\" >$out"), 0);
    assert_string_equal(cmdline_seen, "--output=DIR/answer --output-format=simple0 --output-directory=DIR /the/disk");
    config.b_info.bootloader_args = (char **)args;
    config.b_info.kernel = strdup("/gk");
    config.b_info.ramdisk = strdup("/gr");
    config.b_info.cmdline = strdup("a b");
    assert_int_equal(run_script("printf 'kernel /k\\0args %s\\0' \"$(echo \"$1|$2|$3|$5|$7|$8|$9\")\" >$out"), 0);
    config.b_info.bootloader_args = NULL;
    assert_string_equal(cmdline_seen, "--kernel=/gk|--ramdisk=/gr|--args=a b|--output-format=simple0|--one|two three|/the/disk");
}

static void by_name(void **state)
{
    char *path = strdup(getenv("PATH")), longer[500];

    (void)state;
    free(config.b_info.bootloader);
    config.b_info.bootloader = strdup("program");
    free(config.disks->pdev_path);
    config.disks->pdev_path = strdup("vg/guest");
    snprintf(longer, sizeof(longer), "/nowhere::%s:%s", folder, path);
    setenv("PATH", longer, 1);
    assert_int_equal(run_script("printf 'kernel /k\\0args %s\\0' $disk >$out"), 0);
    assert_string_equal(cmdline_seen, "/dev/vg/guest");
    setenv("PATH", "/nowhere", 1);
    assert_int_equal(run(NULL), ERROR_FAIL);
    expect_said("the boot loader program cannot be executed: No such file or directory");
    free(config.b_info.bootloader);
    config.b_info.bootloader = strdup("pygrub"); /* ours, which is not installed while this runs */
    assert_int_equal(run(NULL), ERROR_FAIL);
    expect_said("/xl-bootfind");
    setenv("PATH", path, 1);
    free(config.b_info.bootloader);
    config.b_info.bootloader = strdup("/nowhere/bin/pygrub");
    assert_int_equal(run(NULL), ERROR_FAIL);
    expect_said("/xl-bootfind");
    free(path);
}

/* What it shows while it runs, until it is that. */
static void expect_shown(int fd, const char *what)
{
    struct pollfd shown = { .fd = fd, .events = POLLIN };
    char text[100] = "";
    libxl_event *event;
    size_t n = 0;

    while (n < strlen(what)) {
        while (libxl_event_check(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL) == 0)
            libxl_event_free(ctx, event);
        if (poll(&shown, 1, 10) > 0) {
            ssize_t got = read(fd, text + n, sizeof(text) - 1 - n);

            assert_true(got > 0);
            n += (size_t)got;
        }
    }
    assert_string_equal(text, what);
}

static void has_a_menu(void **state)
{
    libxl_asyncop_how how = { .u.for_event = 3 };
    libxl_event *event;
    int fd;

    (void)state;
    write_script("[ -t 0 ] && [ -t 1 ] || exit 1; printf 'menu> ' >/dev/tty; read -r answer; printf 'good\\n'\n"
                 "printf 'kernel /k\\0args %s\\0' \"$TERM $answer $1\" >$out; read -r more");
    assert_int_equal(run(&how), 0);
    assert_int_equal(libxl_event_check(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), ERROR_NOT_READY);
    fd = open(terminal, O_RDWR | O_NOCTTY);
    expect_shown(fd, "menu> ");
    assert_int_equal(write(fd, "second\n", 7), 7);
    expect_shown(fd, "good\n");
    assert_int_equal(write(fd, "\n", 1), 1);
    assert_int_equal(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    assert_int_equal(event->u.operation_complete.rc, 0);
    libxl_event_free(ctx, event);
    assert_memory_equal(cmdline_seen, "vt100 second --output=", 22);
    assert_int_equal(access(terminal, F_OK), -1); /* it is closed */
    close(fd);
}

static void nobody_looks(void **state)
{
    (void)state;
    assert_int_equal(run_script("head -c 300000 /dev/zero; printf 'kernel /k\\0' >$out"), 0);
}

static void disks_that_it_cannot_read(void **state)
{
    libxl_device_disk *d = config.disks;

    (void)state;
    config.num_disks = 0;
    assert_int_equal(run(NULL), ERROR_INVAL);
    expect_said("finding its kernel: bootloader= finds the kernel on the guest's first disk, and it has none");
    config.num_disks = 1;
    d->format = LIBXL_DISK_FORMAT_QCOW2;
    assert_int_equal(run(NULL), ERROR_INVAL);
    expect_said("disk xvda has the format qcow2, bootloader= reads raw ones: qemu-img convert -O raw");
    d->format = LIBXL_DISK_FORMAT_RAW;
    d->backend_domid = 3;
    assert_int_equal(run(NULL), ERROR_INVAL);
    expect_said("disk xvda is another domain's");
    d->backend_domid = 0;
    d->script = strdup("block-iscsi");
    assert_int_equal(run(NULL), ERROR_INVAL);
    expect_said("disk xvda has a script");
    free(d->script);
    d->script = NULL;
    d->pdev_path[0] = '\0';
    assert_int_equal(run(NULL), ERROR_INVAL);
    expect_said("disk xvda is empty");
}

static void it_fails(void **state)
{
    (void)state;
    assert_int_equal(run_script("echo one; (echo two; echo 'partition 1: no kernel') >&2; echo three; exit 3"), ERROR_FAIL);
    expect_said("failed with exit status 3: partition 1: no kernel");
    assert_int_equal(run_script("exit 0"), ERROR_FAIL);
    expect_said("the boot loader has given no answer");
    assert_int_equal(run_script("mkdir $out"), ERROR_FAIL);
    expect_said("the boot loader's answer cannot be read: not a file");
    assert_int_equal(run_script("mkfifo $out"), ERROR_FAIL);
    expect_said("the boot loader's answer cannot be read: not a file");
    assert_int_equal(run_script("ln -s /etc/passwd $out"), ERROR_FAIL);
    expect_said("the boot loader's answer cannot be read: Too many levels");
    assert_int_equal(run_script("echo text >$out"), ERROR_FAIL);
    expect_said("the boot loader's answer cannot be used: it is cut off");
    light_userdata_folder = "/nowhere";
    assert_int_equal(run(NULL), ERROR_FAIL);
    light_userdata_folder = folder;
    expect_said("no folder for its files in /nowhere: No such file or directory");
}

static void it_takes_too_long(void **state)
{
    (void)state;
    setenv("LIBXL_BOOTLOADER_TIMEOUT", "1", 1);
    assert_int_equal(run_script("sleep 1000"), ERROR_TIMEDOUT);
    expect_said("it took too long and was killed; LIBXL_BOOTLOADER_TIMEOUT=SECONDS gives it more");
    setenv("LIBXL_BOOTLOADER_TIMEOUT", "0", 1);
    assert_int_equal(run_script("printf 'kernel /k\\0' >$out"), 0);
    setenv("LIBXL_BOOTLOADER_TIMEOUT", "1s", 1);
    assert_int_equal(run(NULL), ERROR_INVAL);
    expect_said("LIBXL_BOOTLOADER_TIMEOUT=1s is not a number of seconds");
    setenv("LIBXL_BOOTLOADER_TIMEOUT", "-1", 1);
    assert_int_equal(run(NULL), ERROR_INVAL);
}

/* --- LIBXL_BOOTLOADER_RESTRICT --- */

static void restricted_to_nobody(void **state)
{
    (void)state;
    setenv("LIBXL_BOOTLOADER_RESTRICT", "0", 1); /* any value */
    assert_int_equal(run_script("exit 0"), ERROR_INVAL);
    expect_said("LIBXL_BOOTLOADER_RESTRICT needs a user: LIBXL_BOOTLOADER_USER=NAME, or one that is called");
    setenv("LIBXL_BOOTLOADER_USER", "no-such-user", 1);
    assert_int_equal(run(NULL), ERROR_INVAL);
    expect_said("the boot loader cannot run as user no-such-user: there is none");
    setenv("LIBXL_BOOTLOADER_USER", "root", 1);
    assert_int_equal(run(NULL), ERROR_INVAL);
    expect_said("the boot loader cannot run as user root: that is root");
    if (geteuid() == 0)
        return;
    setenv("LIBXL_BOOTLOADER_USER", "nobody", 1);
    assert_int_equal(run(NULL), ERROR_FAIL);
    expect_said("the boot loader's folder cannot be its user's: Operation not permitted");
}

static void restricted(void **state)
{
    char pygrub[60];

    (void)state;
    if (geteuid() || system("unshare -mnip --fork true 2>/dev/null"))
        skip();
    setenv("LIBXL_BOOTLOADER_RESTRICT", "", 1);
    setenv("LIBXL_BOOTLOADER_USER", "nobody", 1);
    assert_int_equal(run_script("mkdir $dir/more; echo K >$dir/more/k; echo R >$dir/r\n"
                                "printf 'kernel %s\\0ramdisk %s\\0args %s\\0' $dir/more/k $dir/r $(id -un) >$out"),
                     0);
    assert_string_equal(kernel_seen, "K\n");
    assert_string_equal(ramdisk_seen, "R\n");
    assert_string_equal(cmdline_seen, "nobody");
    assert_int_equal(run_script("printf 'kernel /etc/passwd\\0' >$out"), ERROR_FAIL);
    expect_said("the boot loader is restricted and names /etc/passwd, which cannot be read as a file of its own");
    assert_int_equal(run_script("echo >$dir/k; ln -s /etc/passwd $dir/r; printf 'kernel %s\\0ramdisk %s\\0' $dir/k $dir/r >$out"), ERROR_FAIL);
    expect_said("which cannot be read as a file of its own: Too many levels");
    assert_int_equal(run_script("echo why >&2; exit 3"), ERROR_FAIL);
    expect_said("has failed with exit status 3: why");
    setenv("LIBXL_BOOTLOADER_TIMEOUT", "1", 1);
    assert_int_equal(run_script("setsid sleep 1000 & sleep 1000"), ERROR_TIMEDOUT);
    unsetenv("LIBXL_BOOTLOADER_TIMEOUT");
    snprintf(pygrub, sizeof(pygrub), "%s/pygrub", folder);
    free(config.b_info.bootloader);
    config.b_info.bootloader = strdup(pygrub);
    assert_int_equal(symlink("program", pygrub), 0);
    assert_int_equal(run_script("echo >$dir/k; printf 'kernel %s\\0args %s\\0' $dir/k $1 >$out"), 0);
    unlink(pygrub);
    assert_string_equal(cmdline_seen, "--quiet"); /* who is restricted asks nobody */
}

static void cancelled(void **state)
{
    libxl_asyncop_how how = { .u.for_event = 3 };
    char begun[80], command[120];
    libxl_event *event;

    (void)state;
    snprintf(begun, sizeof(begun), "%s/begun", folder);
    assert_int_equal(mkfifo(begun, 0600), 0);
    snprintf(command, sizeof(command), "touch $dir/file; echo >%s; sleep 1000", begun);
    setenv("LIBXL_BOOTLOADER_TIMEOUT", "60", 1);
    write_script(command);
    assert_int_equal(run(&how), 0);
    while (libxl_event_check(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL) == 0)
        libxl_event_free(ctx, event);
    fclose(fopen(begun, "r")); /* the program is there */
    assert_int_equal(libxl_ao_abort(ctx, &how), 0);
    assert_int_equal(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    assert_int_equal(event->u.operation_complete.rc, ERROR_ABORTED);
    libxl_event_free(ctx, event);
    unlink(begun);
}

/* --- the answer --- */

static const char *parse(const char *text, size_t len)
{
    static char copy[LIGHT_BOOTLOADER_ANSWER_MAX + 2];
    struct light_bootloader_answer a;
    const char *why = "good";

    memcpy(copy, text, len);
    assert_true(light_bootloader_parse(copy, len, &a, &why) == (strcmp(why, "good") ? -EINVAL : 0));
    return why;
}

static void answers(void **state)
{
    static char large[LIGHT_BOOTLOADER_ANSWER_MAX + 1] = "kernel /";

    (void)state;
    assert_string_equal(parse("kernel /k\0\0", 11), "good");
    assert_string_equal(parse("", 0), "it names no kernel");
    assert_string_equal(parse("args a\0ramdisk /r", 18), "it names no kernel");
    assert_string_equal(parse("kernel /k", 9), "it is cut off: its last part does not end with NUL");
    assert_string_equal(parse("kernel k", 9), "a file in it is not an absolute path");
    assert_string_equal(parse("kernel ", 8), "a file in it is not an absolute path");
    assert_string_equal(parse("kernel", 7), "it names no kernel");
    assert_string_equal(parse("kernel /k\0ramdisk None", 23), "a file in it is not an absolute path");
    assert_string_equal(parse("kernel /k\0kernel /k", 20), "it says the same twice");
    memset(large + 8, 'x', 5000);
    assert_string_equal(parse(large, 5010), "a file in it is not an absolute path");
    assert_string_equal(parse(large, sizeof(large)), "it is larger than 64 KiB");
}

static void without_memory(void **state)
{
    unsigned nth = 1;
    int rc;

    (void)state;
    free(config.disks->pdev_path); /* a path that has to be made, longer than what is at hand */
    config.disks->pdev_path = calloc(1, 5001);
    memset(config.disks->pdev_path, 'x', 5000);
    assert_int_equal(run_script("printf 'kernel /k\\0' >$out"), 0);
    do {
        fault_at(FAULT_ALLOC, nth++);
        rc = run(NULL);
        assert_true(rc == 0 || rc == ERROR_NOMEM || rc == ERROR_FAIL);
        assert_true(nth < 500);
    } while (fault_happened(FAULT_ALLOC));
    fault_at(FAULT_ALLOC, 0);
    assert_int_equal(rc, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(found, setup, teardown),
        cmocka_unit_test_setup_teardown(by_name, setup, teardown),
        cmocka_unit_test_setup_teardown(has_a_menu, setup, teardown),
        cmocka_unit_test_setup_teardown(nobody_looks, setup, teardown),
        cmocka_unit_test_setup_teardown(disks_that_it_cannot_read, setup, teardown),
        cmocka_unit_test_setup_teardown(it_fails, setup, teardown),
        cmocka_unit_test_setup_teardown(it_takes_too_long, setup, teardown),
        cmocka_unit_test_setup_teardown(restricted_to_nobody, setup, teardown),
        cmocka_unit_test_setup_teardown(restricted, setup, teardown),
        cmocka_unit_test_setup_teardown(cancelled, setup, teardown),
        cmocka_unit_test_setup_teardown(without_memory, setup, teardown),
        cmocka_unit_test(answers),
    };

    return cmocka_run_group_tests(tests, group_setup, group_teardown);
}
