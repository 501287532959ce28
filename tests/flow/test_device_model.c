/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * A device model that speaks its protocol, played by this program: what it is started with, told and asked, what the store says
 * then of screens, channels and folders; wrong answers, faults; TPMs, which have none. Nothing is left.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <libxl_event.h>
#include <libxl_utils.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fake/ctrl_loop.h"
#include "fault.h"
#include "flow/device_world.h"
#include "flow/world.h"
#include "light/device_model.h"

/* --- QEMU: this program again --- */

static const char *answer_to(const char *line)
{
    const char *wrong = getenv("MODEL_WRONG"), *answer = getenv("MODEL_ANSWER");

    if (*wrong && strstr(line, wrong) && !*answer)
        _exit(1);
    if (*wrong && strstr(line, wrong))
        return answer;
    if (strstr(line, "query-vnc"))
        return "{\"return\": {\"host\": \"127.0.0.1\", \"service\": \"5903\"}}";
    return strstr(line, "human-monitor-command") ? "{\"return\": \"dirty\\r\\n\"}" : "{\"return\": {}}";
}

static void note_in_file(const char *name, const char *text)
{
    char path[120];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", getenv("MODEL_FOLDER"), name);
    f = fopen(path, "a");
    if (f && fputs(text, f) >= 0)
        fclose(f);
}

static void model_talk(int client)
{
    FILE *in = fdopen(client, "r");
    char line[1000];

    dprintf(client, "{\"QMP\": {}}\r\n");
    while (in && fgets(line, sizeof(line), in)) {
        note_in_file("asked", line);
        dprintf(client, "{\"event\": \"RESUME\"}\n%s\r\n", answer_to(line));
    }
    if (in)
        fclose(in);
}

static int model_main(int argc, char **argv)
{
    struct sockaddr_un at = { .sun_family = AF_UNIX };
    int listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct xs_handle *h = xs_open(0);
    char path[80];

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    for (int i = 0; i < argc; i++) {
        note_in_file("arguments", argv[i]);
        note_in_file("arguments", " ");
    }
    snprintf(at.sun_path, sizeof(at.sun_path), "%s/qmp-libxl-%s", getenv("MODEL_FOLDER"), argv[2]);
    snprintf(path, sizeof(path), "/local/domain/0/device-model/%s/state", argv[2]);
    if (!h || bind(listener, (struct sockaddr *)&at, sizeof(at)) || listen(listener, 1) || !xs_write(h, XBT_NULL, path, "running", 7))
        return 1;
    for (;;)
        model_talk(accept(listener, NULL, NULL));
}

static void model_says(const char *wrong, const char *answer)
{
    setenv("MODEL_WRONG", wrong, 1);
    setenv("MODEL_ANSWER", answer, 1);
}

/* What a file of its has, which is removed; good until the next. */
static const char *noted(const char *name)
{
    static char text[4000];
    FILE *f = fopen(path_of("%s/%s", world_folder, name), "r");
    size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

    if (f)
        fclose(f);
    text[n] = '\0';
    unlink(path_of("%s/%s", world_folder, name));
    return text;
}

/* --- a guest with all that it serves --- */

static void channel_init(libxl_device_channel *channel, int devid, const char *name, const char *path)
{
    libxl_device_channel_init(channel);
    channel->devid = devid;
    channel->name = strdup(name);
    libxl_device_channel_init_connection(channel, path ? LIBXL_CHANNEL_CONNECTION_SOCKET : LIBXL_CHANNEL_CONNECTION_PTY);
    if (path)
        channel->u.socket.path = strdup(path);
}

static void model_config(libxl_domain_config *config)
{
    char kernel[80], self[200];
    ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

    self[len] = '\0';
    kernel_write(kernel);
    config_plain(config, kernel);
    config->b_info.device_model = strdup(self);
    config->num_vfbs = config->num_p9s = 1;
    config->vfbs = calloc(1, sizeof(*config->vfbs));
    libxl_device_vfb_init(config->vfbs);
    config->vfbs->vnc.passwd = strdup("say \"friend\"");
    config->num_channels = 2;
    config->channels = calloc(2, sizeof(*config->channels));
    channel_init(&config->channels[0], 0, "one", NULL);
    channel_init(&config->channels[1], 1, "two", "/tmp/a,server=off");
    config->p9s = calloc(1, sizeof(*config->p9s));
    libxl_device_p9_init(config->p9s);
    config->p9s->tag = strdup("share");
    config->p9s->path = strdup("/srv");
    config->p9s->security_model = strdup("none");
}

static void expect_channels(uint32_t id)
{
    int num;
    libxl_device_channel *list = libxl_device_channel_list(ctx, id, &num);
    libxl_channelinfo info;

    assert_int_equal(num, 2);
    assert_string_equal(list[0].name, "one");
    assert_int_equal(list[0].connection, LIBXL_CHANNEL_CONNECTION_PTY);
    assert_string_equal(list[1].u.socket.path, "/tmp/a,server=off");
    for (int i = 0; i < num; i++) {
        libxl_channelinfo_init(&info);
        assert_int_equal(libxl_device_channel_getinfo(ctx, id, &list[i], &info), 0);
        assert_int_equal(info.devid, i);
        assert_int_equal(info.state, 1);
        assert_int_equal(info.evtch, -1);
        assert_int_equal(info.connection, list[i].connection);
        if (i == 0)
            assert_string_equal(info.u.pty.path, "/dev/pts/7"); /* the test's, in QEMU's place */
        libxl_channelinfo_dispose(&info);
    }
    list[0].devid = 5;
    assert_int_equal(libxl_device_channel_getinfo(ctx, id, &list[0], &info), ERROR_NOTFOUND);
    for (int i = 0; i < num; i++)
        libxl_device_channel_dispose(&list[i]);
    free(list);
}

static void told_and_asked(void **state)
{
    char front[80], back[80], *output = NULL, *tty = NULL;
    libxl_domain_config config;
    const char *text;
    uint32_t id = 0;

    (void)state;
    model_config(&config);
    assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), 0);
    text = noted("arguments");
    assert_non_null(strstr(text, " -chardev socket,id=libxl-channel1,path=/tmp/a,,server=off,server=on,wait=off "));
    assert_non_null(strstr(text, ",password=on"));
    assert_null(strstr(text, "friend"));
    text = noted("asked");
    assert_non_null(strstr(text, "{\"password\":\"say \\\"friend\\\"\"}"));
    value_is(path_of("/local/domain/0/backend/vfb/%u/0/vnclisten", id), "127.0.0.1");
    value_is(path_of("/local/domain/%u/console/vnc-port", id), "5903");
    value_is(path_of("/local/domain/%u/console/vnc-listen", id), "127.0.0.1");
    snprintf(front, sizeof(front), "/local/domain/%u/device/console/1", id);
    snprintf(back, sizeof(back), "/local/domain/0/backend/console/%u/1", id);
    expect_node(front, "state", "1", id, 0);
    expect_node(front, "output", "pty", 0, id);
    expect_node(front, "type", "ioemu", 0, id);
    expect_node(back, "name", "one", 0, id);
    expect_node(back, "connection", "pty", 0, id);
    value_is(path_of("/local/domain/%u/device/console/2/output", id), "chardev:libxl-channel1");
    assert_true(xs_write(xs, XBT_NULL, path_of("%s/tty", front), "/dev/pts/7", 10));
    expect_node(front, "tty", "/dev/pts/7", 0, id);
    value_is(path_of("/local/domain/0/backend/console/%u/2/path", id), "/tmp/a,server=off");
    value_is(path_of("/local/domain/%u/device/9pfs/0/tag", id), "share");
    value_is(path_of("/local/domain/0/backend/9pfs/%u/0/path", id), "/srv");
    value_is(path_of("/local/domain/0/backend/9pfs/%u/0/security_model", id), "none");
    expect_channels(id);
    assert_int_equal(libxl_console_get_tty(ctx, id, 1, LIBXL_CONSOLE_TYPE_PV, &tty), 0);
    assert_string_equal(tty, "/dev/pts/7");
    free(tty);
    assert_int_equal(libxl_qemu_monitor_command(ctx, id, "info \"x\"", &output, NULL), 0);
    assert_string_equal(output, "dirty\r\n");
    free(output);
    assert_non_null(strstr(noted("asked"), "{\"command-line\":\"info \\\"x\\\"\"}"));
    assert_int_equal(libxl_device_p9_remove(ctx, id, config.p9s, NULL), 0);
    assert_false(there(path_of("/libxl/%u/device/9pfs/0", id)));
    assert_int_equal(libxl_domain_destroy(ctx, id, NULL), 0);
    assert_null(strstr(log_text, "its backend is not closed")); /* as its screen's would never be */
    expect_nothing_of(id);
    assert_false(there(path_of("/local/domain/0/backend/console/%u", id)));
    assert_int_equal(access(path_of("%s/qmp-libxl-%u", world_folder, id), F_OK), -1);
    assert_int_equal(libxl_qemu_monitor_command(ctx, domid, "info", &output, NULL), ERROR_FAIL);
    assert_non_null(strstr(log_text, path_of("domain %u: asking its device model: %s/qmp-libxl-%u: No such file", domid,
                                             world_folder, domid)));
    libxl_domain_config_dispose(&config);
}

static void wrong_answers(void **state)
{
    static const struct {
        const char *question, *answer, *said;
    } rows[] = {
        { "password", "{\"error\": {\"desc\": \"no VNC\"}}", "QEMU refuses change-vnc-password: no VNC" },
        { "query-vnc", "{\"return\": {\"host\": \"h\", \"service\": \"0\"}}", "no port of its VNC server" },
        { "query-vnc", "{\"return\": {\"host\": \"h\", \"service\": 5900}}", "no port of its VNC server" },
        { "query-vnc", "{\"return\": {\"host\": \"h\", \"service\": \"70000\"}}", "no port of its VNC server" },
        { "query-vnc", "", "QEMU has hung up: see " },
        { "query-vnc", "{\"return\": []}", "no port of its VNC server" },
        { "query-vnc", "{\"return\": {\"service\": \"5900\"}}", "no address of its VNC server" },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        libxl_domain_config config;
        uint32_t id = 0;

        model_config(&config);
        model_says(rows[i].question, rows[i].answer);
        log_text[0] = '\0';
        assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), ERROR_FAIL);
        assert_non_null(strstr(log_text, "domain made: asking its device model: "));
        assert_non_null(strstr(log_text, rows[i].said));
        assert_int_equal(ctrl_loop_domains(), 1);
        libxl_domain_config_dispose(&config);
    }
}

static void expect_no_model(void)
{
    assert_int_equal(system(path_of("! ls %s | grep -q qmp-", world_folder)), 0);
    assert_int_equal(ctrl_loop_domains(), 1);
}

/* Each call fails once: nothing is left. */
static void faults(void **state)
{
    static const struct {
        enum fault_call call;
        unsigned step;
    } rows[] = { { FAULT_READ, 1 }, { FAULT_SEND, 1 }, { FAULT_OPEN, 1 }, { FAULT_ALLOC, 17 } };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        bool failed = true;

        for (unsigned nth = 1; failed; nth += sweep_step(rows[i].step)) {
            libxl_domain_config config;
            uint32_t id = 0;
            int rc;

            model_config(&config);
            log_text[0] = '\0';
            fault_at(rows[i].call, nth);
            rc = libxl_domain_create_new(ctx, &config, &id, NULL, NULL);
            failed = fault_happened(rows[i].call);
            fault_at(rows[i].call, 0);
            assert_true(failed || rc == 0);
            assert_true(rc == 0 || rc == ERROR_NOMEM || log_text[0]);
            if (rc == 0) {
                assert_int_equal(libxl_domain_destroy(ctx, id, NULL), 0);
                expect_nothing_of(id);
            }
            expect_no_model();
            libxl_domain_config_dispose(&config);
        }
    }
}

/* --- what is refused --- */

static void refused(void **state)
{
    static const struct {
        int connection;
        const char *name, *path, *said;
    } rows[] = {
        { LIBXL_CHANNEL_CONNECTION_PTY, NULL, NULL, "channel 1: it needs a name" },
        { LIBXL_CHANNEL_CONNECTION_UNKNOWN, "x", NULL, "channel x: it needs an end" },
        { LIBXL_CHANNEL_CONNECTION_SOCKET, "x", NULL, "channel x: its socket needs a place" },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        libxl_domain_config config;
        libxl_device_channel *channel;
        uint32_t id = 0;

        model_config(&config);
        channel = &config.channels[0];
        libxl_device_channel_dispose(channel);
        libxl_device_channel_init(channel);
        channel->name = rows[i].name ? strdup(rows[i].name) : NULL;
        channel->devid = 0;
        libxl_device_channel_init_connection(channel, (libxl_channel_connection)rows[i].connection);
        log_text[0] = '\0';
        assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), ERROR_INVAL);
        assert_non_null(strstr(log_text, rows[i].said));
        libxl_domain_config_dispose(&config);
    }
}

/* What no domain may have yet is named, and no domain is made. */
static void not_yet(void **state)
{
    static const struct {
        size_t list, count, size;
        const char *said;
    } rows[] = {
#define KIND(field, num, key) { offsetof(libxl_domain_config, field), offsetof(libxl_domain_config, num), \
                                sizeof(*((libxl_domain_config *)0)->field), key " cannot be had yet" }
        KIND(pvcallsifs, num_pvcallsifs, "pvcalls="), KIND(vdispls, num_vdispls, "vdispl="), KIND(vsnds, num_vsnds, "vsnd="),
        KIND(pcidevs, num_pcidevs, "pci="), KIND(usbctrls, num_usbctrls, "usbctrl="),
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        libxl_domain_config config;
        uint32_t id = 0;

        model_config(&config);
        *(void **)((char *)&config + rows[i].list) = calloc(1, rows[i].size);
        *(int *)((char *)&config + rows[i].count) = 1;
        log_text[0] = '\0';
        assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), ERROR_NI);
        assert_non_null(strstr(log_text, rows[i].said));
        assert_int_equal(ctrl_loop_domains(), 1);
        libxl_domain_config_dispose(&config);
    }
}

/* VNC's address and display, said once or twice. */
static void listening(void **state)
{
    static const struct {
        const char *listen;
        int display, rc;
        const char *argument;
    } rows[] = {
        { "10.0.0.1", 3, 0, " -vnc 10.0.0.1:3,to=99" }, { "10.0.0.1:7", 0, 0, " -vnc 10.0.0.1:7,to=99" },
        { "10.0.0.1:7", 3, ERROR_INVAL, NULL },         { "[::1]", 3, 0, " -vnc [::1]:3,to=99" },
        { "[::1]:4", 0, 0, " -vnc [::1]:4,to=99" },     { "a,b", 0, 0, " -vnc a,,b:0,to=99" },
    };

    (void)state;
    for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        libxl_domain_config config;
        uint32_t id = 0;

        model_config(&config);
        config.vfbs->vnc.listen = strdup(rows[i].listen);
        config.vfbs->vnc.display = rows[i].display;
        assert_int_equal(libxl_domain_create_new(ctx, &config, &id, NULL, NULL), rows[i].rc);
        if (rows[i].rc == 0) {
            assert_non_null(strstr(noted("arguments"), rows[i].argument));
            assert_int_equal(libxl_domain_destroy(ctx, id, NULL), 0);
        }
        libxl_domain_config_dispose(&config);
    }
}

/* --- the viewer: a script that says what it was given --- */

static void put(const char *name, const char *value)
{
    assert_true(xs_write(xs, XBT_NULL, path_of("/local/domain/%u/console/%s", domid, name), value, (unsigned)strlen(value)));
}

static void view(int autopass, const char *want)
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        libxl_vncviewer_exec(ctx, domid, autopass);
        _exit(1);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
    assert_string_equal(noted("viewed"), want);
}

static void viewer(void **state)
{
    const char *path = strdup(getenv("PATH"));
    FILE *f = fopen(path_of("%s/vncviewer", world_folder), "w");

    (void)state;
    assert_non_null(f);
    fprintf(f, "#!/bin/sh\nexec >%s/viewed\necho \"$*\"\n[ \"$2\" != -autopass ] || exec /bin/cat\n", world_folder);
    assert_int_equal(fchmod(fileno(f), 0755), 0);
    fclose(f);
    setenv("PATH", world_folder, 1);
    assert_int_equal(libxl_vncviewer_exec(ctx, domid, 0), ERROR_NOTFOUND);
    assert_non_null(strstr(log_text, "has no screen by VNC"));
    put("vnc-port", "80");
    assert_int_equal(libxl_vncviewer_exec(ctx, domid, 0), ERROR_NOTFOUND);
    put("vnc-port", "5903");
    view(0, "localhost:3\n");
    put("vnc-listen", "10.0.0.1");
    view(0, "10.0.0.1:3\n");
    assert_int_equal(libxl_vncviewer_exec(ctx, domid, 1), ERROR_NOTFOUND);
    put("vnc-pass", "secret");
    view(1, "10.0.0.1:3 -autopass\nsecret");
    setenv("PATH", "/nowhere", 1);
    assert_int_equal(libxl_vncviewer_exec(ctx, domid, 0), ERROR_FAIL);
    assert_non_null(strstr(log_text, "the program vncviewer cannot be run"));
    setenv("PATH", path, 1);
    free((char *)path);
}

/* --- TPMs --- */

static void vtpm_comes_and_goes(void **state)
{
    libxl_device_vtpm vtpm, found, *list;
    libxl_vtpminfo info;
    libxl_uuid other;
    char back[80];
    int num;

    (void)state;
    libxl_device_vtpm_init(&vtpm);
    assert_int_equal(libxl_device_vtpm_add(ctx, domid, &vtpm, NULL), 0);
    assert_int_equal(vtpm.devid, 0);
    assert_false(libxl_uuid_is_nil(&vtpm.uuid));
    snprintf(back, sizeof(back), "/local/domain/0/backend/vtpm/%u/0", domid);
    expect_node(back, "handle", "0", 0, domid);
    expect_node(back, "resurrect", "False", 0, domid);
    list = libxl_device_vtpm_list(ctx, domid, &num);
    assert_int_equal(num, 1);
    assert_memory_equal(&list[0].uuid, &vtpm.uuid, sizeof(vtpm.uuid));
    assert_int_equal(libxl_device_vtpm_getinfo(ctx, domid, &list[0], &info), 0);
    assert_memory_equal(&info.uuid, &vtpm.uuid, sizeof(vtpm.uuid));
    assert_string_equal(info.backend, back);
    assert_int_equal(info.state, 1);
    libxl_vtpminfo_dispose(&info);
    libxl_device_vtpm_list_free(list, num);
    assert_int_equal(libxl_uuid_to_device_vtpm(ctx, domid, &vtpm.uuid, &found), 0);
    assert_int_equal(found.devid, 0);
    libxl_device_vtpm_dispose(&found);
    libxl_uuid_generate(&other);
    assert_int_equal(libxl_uuid_to_device_vtpm(ctx, domid, &other, &found), ERROR_NOTFOUND);
    assert_int_equal(libxl_devid_to_device_vtpm(ctx, domid, 3, &found), ERROR_NOTFOUND);
    assert_int_equal(libxl_device_vtpm_remove(ctx, domid, &vtpm, NULL), 0);
    assert_false(there(back));
    assert_int_equal(libxl_device_vtpm_getinfo(ctx, domid, &vtpm, &info), ERROR_NOTFOUND);
    assert_int_equal(libxl_device_vtpm_remove(ctx, domid, &vtpm, NULL), ERROR_NOTFOUND);
    vtpm.devid = -1;
    vtpm.backend_domname = strdup("nobody");
    assert_int_equal(libxl_device_vtpm_add(ctx, domid, &vtpm, NULL), ERROR_INVAL);
    libxl_device_vtpm_dispose(&vtpm);
}

static void vtpm_faults(void **state)
{
    (void)state;
    for (unsigned call = FAULT_ALLOC; call <= FAULT_SEND; call++) {
        bool failed = true;

        for (unsigned nth = 1; failed; nth++) {
            libxl_device_vtpm vtpm;
            int rc, num = 0;
            libxl_device_vtpm *list;

            libxl_device_vtpm_init(&vtpm);
            vtpm.devid = 4;
            log_text[0] = '\0';
            fault_at((enum fault_call)call, nth);
            rc = libxl_device_vtpm_add(ctx, domid, &vtpm, NULL);
            list = rc ? NULL : libxl_device_vtpm_list(ctx, domid, &num);
            failed = fault_happened((enum fault_call)call);
            fault_at((enum fault_call)call, 0);
            assert_true(failed || rc == 0);
            assert_true(rc == 0 || rc == ERROR_NOMEM || log_text[0]);
            if (list)
                libxl_device_vtpm_list_free(list, num);
            if (rc == 0)
                assert_int_equal(libxl_device_vtpm_destroy(ctx, domid, &vtpm, NULL), 0);
            assert_false(there(path_of("/libxl/%u/device/vtpm/4", domid)));
            assert_false(there(path_of("/local/domain/0/backend/vtpm/%u/4", domid)));
            libxl_device_vtpm_dispose(&vtpm);
        }
    }
}

/* --- a drive's medium: of other guests than these --- */

static void no_media(void **state)
{
    libxl_device_disk disk = disk_of(image, "xvdc", false);

    (void)state;
    assert_int_equal(libxl_cdrom_insert(ctx, domid, &disk, NULL), ERROR_INVAL);
    assert_non_null(strstr(log_text, "type=\"hvm\""));
    assert_int_equal(libxl_cdrom_insert(ctx, 99, &disk, NULL), ERROR_DOMAIN_NOTFOUND);
    libxl_device_disk_dispose(&disk);
}

static int model_setup(void **state)
{
    if (guest_setup(state))
        return -1;
    light_qmp_folder = light_model_logs = world_folder;
    setenv("MODEL_FOLDER", world_folder, 1);
    unlink(path_of("%s/arguments", world_folder)); /* the last test's */
    unlink(path_of("%s/asked", world_folder));
    model_says("", "");
    return 0;
}

int main(int argc, char **argv)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, model_setup, guest_teardown)
    const struct CMUnitTest tests[] = {
        TEST(told_and_asked), TEST(wrong_answers), TEST(refused), TEST(not_yet), TEST(listening), TEST(viewer),
        TEST(vtpm_comes_and_goes), TEST(vtpm_faults), TEST(no_media),
        TEST(faults),
    };

    if (argc > 2 && !strcmp(argv[1], "-xen-domid"))
        return model_main(argc, argv);
    return cmocka_run_group_tests(tests, devices_setup, devices_teardown);
}
