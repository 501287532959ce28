/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * How a host starts the daemons: by a service manager, which is played here as systemd does it (a socket for notifications,
 * descriptors that are stored and passed), and by the init scripts.
 */
#include "world.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <xenstore.h>

#include "base/fd_message.h"

/* --- the manager --- */

#define STORE_MAX 64

static struct manager {
    int socket;
    pid_t pid;
    bool ready;
    unsigned count;
    struct {
        char name[128];
        int fd;
    } store[STORE_MAX];
} manager;

static void manager_begin(void)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };

    manager = (struct manager){ .socket = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0) };
    world_path(address.sun_path, sizeof(address.sun_path), "notify");
    unlink(address.sun_path);
    assert_int_equal(bind(manager.socket, (struct sockaddr *)&address, sizeof(address)), 0);
}

static void forget(const char *name)
{
    for (unsigned i = 0; i < manager.count;)
        if (!strcmp(manager.store[i].name, name)) {
            close(manager.store[i].fd);
            manager.store[i] = manager.store[--manager.count];
        } else {
            i++;
        }
}

/* What the service has said so far. */
static void hear(void)
{
    char text[512], name[128];
    ssize_t n;
    int fd;

    while ((n = fd_message_receive(manager.socket, text, sizeof(text) - 1, &fd, MSG_DONTWAIT)) > 0) {
        const char *named;

        text[n] = 0;
        named = strstr(text, "FDNAME=");
        snprintf(name, sizeof(name), "%.*s", named ? (int)strcspn(named + 7, "\n") : 0, named ? named + 7 : "");
        if (strstr(text, "FDSTOREREMOVE=1")) {
            forget(name);
        } else if (strstr(text, "FDSTORE=1")) {
            assert_true(fd >= 0 && *name && !strchr(name, ':') && manager.count < STORE_MAX);
            fcntl(fd, F_SETFD, FD_CLOEXEC);
            snprintf(manager.store[manager.count].name, sizeof(name), "%s", name);
            manager.store[manager.count++].fd = fd;
        } else {
            assert_int_equal(fd, -1);
        }
        manager.ready = manager.ready || strstr(text, "READY=1");
    }
}

static bool stored(const char *name)
{
    hear();
    for (unsigned i = 0; i < manager.count; i++)
        if (!strcmp(manager.store[i].name, name))
            return true;
    return false;
}

static void pass_descriptors(void)
{
    char number[16], names[4096] = "";

    for (unsigned i = 0; i < manager.count; i++) {
        manager.store[i].fd = fcntl(manager.store[i].fd, F_DUPFD, 3 + STORE_MAX);
        snprintf(names + strlen(names), sizeof(names) - strlen(names), "%s%s", i ? ":" : "", manager.store[i].name);
    }
    for (unsigned i = 0; i < manager.count; i++)
        dup2(manager.store[i].fd, 3 + (int)i);
    snprintf(number, sizeof(number), "%u", manager.count);
    setenv("LISTEN_FDS", number, 1);
    setenv("LISTEN_FDNAMES", names, 1);
    snprintf(number, sizeof(number), "%d", (int)getpid());
    setenv("LISTEN_PID", number, 1);
    for (unsigned i = 0; i < manager.count; i++)
        close(manager.store[i].fd);
}

/* Type=notify: it has started when it says so. */
static void service_start(const char *const *argv)
{
    char path[200];

    manager.ready = false;
    manager.pid = fork();
    if (manager.pid == 0) {
        world_path(path, sizeof(path), "notify");
        setenv("NOTIFY_SOCKET", path, 1);
        dup2(open("/dev/null", O_WRONLY | O_CLOEXEC), 2);
        if (manager.count)
            pass_descriptors();
        execv(argv[0], (char **)(uintptr_t)argv);
        _exit(127);
    }
    until(hear(), manager.ready);
    assert_int_equal(waitpid(manager.pid, NULL, WNOHANG), 0);
}

static int service_stop(int number)
{
    int status;

    assert_int_equal(kill(manager.pid, number), 0);
    assert_int_equal(waitpid(manager.pid, &status, 0), manager.pid);
    hear();
    return status;
}

static void manager_end(void)
{
    while (manager.count)
        forget(manager.store[0].name);
    close(manager.socket);
}

/* --- under it --- */

static void console_service(void **state)
{
    static char log_dir[200];
    static const char *const argv[] = { "tests/console/xenconsoled_fake", "--interactive", "--log=guest", log_dir, NULL };
    static const char *const name = "1.0.01000000000000000000000000000000";
    char bytes[4096], answer[80];
    uint64_t shown = 0;
    struct guest guest;
    int tty, client;

    (void)state;
    snprintf(log_dir, sizeof(log_dir), "--log-dir=%s/log", world_folder);
    manager_begin();
    service_start(argv);
    assert_true(stored("socket") && stored("sluice-in") && stored("sluice-out"));
    assert_int_equal(manager.count, 3);
    guest_begin(&guest, 1);
    tty = tty_open(&guest);
    until(stored(name));
    for (unsigned kills = 1; kills <= 10; kills++) {
        uint64_t end = kills * 20000;

        until(guest_flood(&guest, end - 5000), guest.written == end - 5000);
        assert_int_equal(service_stop(SIGKILL), SIGKILL);
        guest_flood(&guest, end);
        client = fork();
        if (client == 0) { /* it connects while nobody serves the socket, and is served afterwards */
            close(client_open("attach 1 0 ro\n", answer, sizeof(answer)));
            _exit(strncmp(answer, "ok ", 3) != 0);
        }
        service_start(argv);
        assert_int_equal(manager.count, 4); /* nothing is stored twice */
        until(guest_flood(&guest, end), guest.written == end);
        while (shown < end) {
            size_t n = read_all(tty, bytes, end - shown < sizeof(bytes) ? end - shown : sizeof(bytes));

            for (size_t i = 0; i < n; i++)
                assert_int_equal(bytes[i], stream_byte(1, shown++));
            assert_true(n > 0);
        }
        assert_int_equal(waitpid(client, &client, 0) > 0 ? client : -1, 0);
    }
    until(log_size(&guest) == guest.written);
    assert_int_equal(log_compare(&guest, guest.written), 0);
    close(tty);
    guest_end(&guest);
    until(!stored(name));
    assert_int_equal(service_stop(SIGTERM), 0);
    assert_int_equal(manager.count, 3);
    manager_end();
}

static struct xs_handle *store_connect(const char *path)
{
    char *before = strdup(getenv("XENSTORED_PATH"));
    struct xs_handle *store;

    setenv("XENSTORED_PATH", path, 1);
    store = xs_open(0);
    setenv("XENSTORED_PATH", before, 1);
    free(before);
    return store;
}

static pid_t child_of(pid_t pid)
{
    char path[64], text[32] = "";
    FILE *file;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid, (int)pid);
    file = fopen(path, "r");
    assert_non_null(file);
    if (!fgets(text, sizeof(text), file))
        text[0] = 0;
    fclose(file);
    return (pid_t)atol(text);
}

/*
 * Its socket is the manager's, which also holds its clients' connections: who connects while there is no xenstored waits for
 * the next one, who was connected goes on, watches included.
 */
static void store_service(void **state)
{
    static const char *const argv[] = { "tests/xenstored/xenstored_fake", "-N", "-D", NULL };
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    struct xs_handle *store, *stays;
    char folder[200], *value, **event;
    unsigned length;
    pid_t server;

    (void)state;
    manager_begin();
    world_path(folder, sizeof(folder), "service");
    mkdir(folder, 0755);
    setenv("XENSTORED_RUNDIR", folder, 1);
    world_path(address.sun_path, sizeof(address.sun_path), "service/socket");
    manager.store[0].fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    snprintf(manager.store[0].name, sizeof(manager.store[0].name), "socket");
    manager.count = 1;
    assert_int_equal(bind(manager.store[0].fd, (struct sockaddr *)&address, sizeof(address)), 0);
    assert_int_equal(listen(manager.store[0].fd, 16), 0);
    service_start(argv);
    stays = store_connect(address.sun_path);
    assert_non_null(stays);
    assert_true(xs_watch(stays, "/kept", "token"));
    event = xs_read_watch(stays, &length);
    assert_non_null(event);
    free(event);
    until(stored("connection-1"));
    store = store_connect(address.sun_path);
    assert_non_null(store);
    assert_true(xs_write(store, XBT_NULL, "/kept", "value", 5));
    until(stored("connection-2"));
    xs_close(store);
    until(!stored("connection-2"));

    server = child_of(manager.pid);
    assert_int_equal(service_stop(SIGKILL), SIGKILL);
    assert_int_equal(kill(server, SIGKILL), 0);
    waitpid(server, NULL, 0);
    store = store_connect(address.sun_path);
    assert_non_null(store);
    service_start(argv);
    value = xs_read(store, XBT_NULL, "/kept", &length);
    assert_non_null(value);
    assert_string_equal(value, "value");
    free(value);
    event = xs_read_watch(stays, &length); /* from before the death */
    assert_non_null(event);
    assert_string_equal(event[XS_WATCH_TOKEN], "token");
    free(event);
    assert_true(xs_write(stays, XBT_NULL, "/more", "value", 5));
    assert_true(xs_write(store, XBT_NULL, "/kept/too", "value", 5));
    event = xs_read_watch(stays, &length);
    assert_non_null(event);
    assert_string_equal(event[XS_WATCH_PATH], "/kept/too");
    free(event);
    xs_close(store);
    xs_close(stays);
    until(!stored("connection-1"));
    assert_int_equal(service_stop(SIGTERM), 0);
    manager_end();
}

/* --- init scripts --- */

static int script(const char *name, const char *verb)
{
    char command[400];
    int status;

    snprintf(command, sizeof(command), "%s/%s.init %s >%s/said 2>&1 </dev/null", world_folder, name, verb, world_folder);
    status = system(command);
    assert_true(WIFEXITED(status));
    return WEXITSTATUS(status);
}

static pid_t script_pid(const char *name)
{
    char path[300];
    FILE *file;
    long pid = 0;

    snprintf(path, sizeof(path), "%s/run/xen/%s.pid", world_folder, name);
    file = fopen(path, "r");
    if (file && fscanf(file, "%ld", &pid) != 1)
        pid = 0;
    if (file)
        fclose(file);
    return (pid_t)pid;
}

/* The script for this build, and its program under the name that it has when it is installed. */
static void script_make(const char *name, const char *program)
{
    const char *source = getenv("srcdir") ? getenv("srcdir") : ".";
    char command[1000];

    snprintf(command, sizeof(command),
             "mkdir -p %s/sbin && ln -sf $PWD/%s %s/sbin/%s && "
             "sed 's|@sbindir[@]|%s/sbin|; s|@runstatedir[@]|%s/run|; s|@localstatedir[@]|%s/var|' <%s/tools/%s/%s.init.in >%s/%s.init && chmod +x %s/%s.init",
             world_folder, program, world_folder, name, world_folder, world_folder, world_folder, source, name, name,
             world_folder, name, world_folder, name);
    assert_int_equal(system(command), 0);
}

static void process_gone(pid_t pid)
{
    assert_int_equal(kill(pid, SIGKILL), 0);
    until(waitpid(pid, NULL, 0) == pid || kill(pid, 0) < 0);
}

static void script_obeys(const char *name, const char *program)
{
    pid_t first, second;

    script_make(name, program);
    assert_int_equal(script(name, "status"), 3);
    assert_int_equal(script(name, "stop"), 0);
    assert_int_equal(script(name, "start"), 0);
    first = script_pid(name);
    assert_true(first > 1 && kill(first, 0) == 0);
    assert_int_equal(script(name, "status"), 0);
    assert_int_equal(script(name, "start"), 0);
    assert_int_equal(script_pid(name), first);
    assert_int_equal(script(name, "restart"), 0);
    second = script_pid(name);
    assert_true(second > 1 && second != first && kill(second, 0) == 0);
    waitpid(first, NULL, 0);
    assert_true(kill(first, 0) < 0);
    assert_int_equal(script(name, "force-reload"), 0);
    waitpid(second, NULL, 0);
    first = script_pid(name);

    second = child_of(first); /* both processes are killed */
    process_gone(first);
    process_gone(second);
    assert_int_equal(script(name, "status"), 1);
    assert_int_equal(script(name, "start"), 0);
    first = script_pid(name);
    assert_int_equal(script(name, "status"), 0);
    assert_int_equal(script(name, "stop"), 0);
    waitpid(first, NULL, 0);
    assert_true(kill(first, 0) < 0);
    assert_int_equal(script(name, "status"), 3);
    assert_int_equal(script(name, "stop"), 0);
    assert_int_equal(script(name, "dance"), 2);
    assert_int_equal(script(name, ""), 2);
}

/* A file with the number of a process that is somebody else's. */
static void script_is_not_fooled(const char *name)
{
    char command[400];

    snprintf(command, sizeof(command), "echo %d >%s/run/xen/%s.pid", (int)getpid(), world_folder, name);
    assert_int_equal(system(command), 0);
    assert_int_equal(script(name, "status"), 1);
    assert_int_equal(script(name, "stop"), 0);
    assert_int_equal(script_pid(name), 0);
}

static void console_script(void **state)
{
    (void)state;
    script_obeys("xenconsoled", "tests/console/xenconsoled_fake");
    assert_int_equal(script("xenconsoled", "start"), 0);
    assert_int_equal(script("xenconsoled", "reload"), 0);
    assert_int_equal(script("xenconsoled", "status"), 0);
    assert_int_equal(script("xenconsoled", "stop"), 0);
    assert_int_not_equal(script("xenconsoled", "reload"), 0);
    script_is_not_fooled("xenconsoled");
    setenv("XENCONSOLED_ARGS", "--no-such-option", 1);
    assert_int_equal(script("xenconsoled", "start"), 1);
    unsetenv("XENCONSOLED_ARGS");
}

static void store_script(void **state)
{
    char folder[200], path[200];

    (void)state;
    world_path(folder, sizeof(folder), "scripted");
    world_path(path, sizeof(path), "scripted/socket");
    setenv("XENSTORED_RUNDIR", folder, 1);
    setenv("XENSTORED_PATH", path, 1);
    setenv("XENSTORED_ARGS", "-D", 1);
    script_obeys("xenstored", "tests/xenstored/xenstored_fake");
    script_is_not_fooled("xenstored");
    setenv("XENSTORED_ARGS", "--no-such-option", 1);
    assert_int_equal(script("xenstored", "start"), 1);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(console_service),
        cmocka_unit_test(console_script),
        cmocka_unit_test(store_service),
        cmocka_unit_test(store_script),
    };

    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
