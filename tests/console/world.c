/* SPDX-License-Identifier: GPL-2.0-only */
#include "world.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>
#include <xenstore.h>

#include "ctrl/query.h"

char world_folder[] = "/tmp/console-world-XXXXXX";
static struct xs_handle *store;
static pid_t store_pid, keeper_pid;
static bool store_is_ours;

/* What there is of it, as a string. */
static void file_read(const char *path, char *text, size_t size)
{
    int fd = open(path, O_RDONLY);
    ssize_t n = fd >= 0 ? read(fd, text, size - 1) : 0;

    text[n > 0 ? n : 0] = 0;
    if (fd >= 0)
        close(fd);
}

uint64_t world_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

void world_pause(uint64_t end, const char *what, const char *file, int line)
{
    if (world_ms() > end) {
        const char *nth = getenv("FAULT_NOW"), *fault = getenv("FAULT_FILE");
        char call[32] = "";

        if (nth && fault)
            file_read(fault, call, sizeof(call));
        print_error("%s:%d: waited in vain until %s\n%s %s\n", file, line, what, nth ? nth : "", call);
        _fail(file, line);
    }
    poll(NULL, 0, 1);
}

void world_path(char *path, size_t size, const char *name)
{
    snprintf(path, size, "%s/%s", world_folder, name);
}

static const char *source_folder(void)
{
    return getenv("srcdir") ? getenv("srcdir") : ".";
}

/* Ours, in the same world, or as much of one as the daemon needs. */
static void store_run(bool ours)
{
    char script[400];

    prctl(PR_SET_PDEATHSIG, ours ? SIGTERM : SIGKILL);
    if (ours)
        execl("tests/xenstored/xenstored_fake", "xenstored", "-N", "-D", NULL);
    snprintf(script, sizeof(script), "%s/tests/console/fake_store.py", source_folder());
    execlp("python3", "python3", script, getenv("XENSTORED_PATH"), NULL);
    _exit(127);
}

bool store_start(void)
{
    store_pid = fork();
    if (store_pid == 0)
        store_run(store_is_ours);
    for (uint64_t end = world_ms() + SECONDS * 1000; !store && world_ms() < end; poll(NULL, 0, 5))
        store = xs_open(0);
    return store;
}

static pid_t pid_read(const char *path);

void store_kill(void)
{
    char path[64];
    pid_t server;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)store_pid, (int)store_pid);
    server = pid_read(path);
    kill(store_pid, SIGKILL);
    waitpid(store_pid, NULL, 0);
    if (server > 1) { /* it is our child now */
        kill(server, SIGKILL);
        waitpid(server, NULL, 0);
    }
    xs_close(store);
    store = NULL;
}

int world_setup_with_store(void **state)
{
    store_is_ours = true;
    return world_setup(state);
}

int world_setup(void **state)
{
    struct rlimit files = { .rlim_cur = 8192, .rlim_max = 8192 };
    char path[200], script[400];

    (void)state;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN); /* the daemon may be killed when it is written to */
    strcpy(world_folder, "/tmp/console-world-XXXXXX");
    store = NULL;
    if (!mkdtemp(world_folder))
        return -1;
    /* The daemon's stderr is nowhere: what sanitizers find goes into files, which daemon_end() looks for. */
    snprintf(script, sizeof(script), "log_path=%s/sanitizer", world_folder);
    setenv("ASAN_OPTIONS", script, 1);
    setenv("UBSAN_OPTIONS", script, 1);
    prctl(PR_SET_CHILD_SUBREAPER, 1); /* the daemon's keeper becomes our child */
    setenv("FAKE_WORLD", world_folder, 1);
    setenv("XENCONSOLED_RUNDIR", world_folder, 1);
    world_path(path, sizeof(path), "store");
    mkdir(path, 0755);
    setenv("XENSTORED_RUNDIR", path, 1);
    world_path(path, sizeof(path), "store/socket");
    setenv("XENSTORED_PATH", path, 1);
    world_path(path, sizeof(path), "log");
    mkdir(path, 0755);
    if (fake_world_new(world_folder) < 0)
        return -1;
    return store_start() ? 0 : -1;
}

int world_teardown(void **state)
{
    char command[200];

    (void)state;
    xs_close(store);
    kill(store_pid, SIGTERM);
    waitpid(store_pid, NULL, 0);
    fake_world_leave();
    snprintf(command, sizeof(command), "rm -r %s", world_folder);
    return system(command);
}

/* --- the daemon --- */

static pid_t pid_read(const char *path)
{
    char text[64];

    file_read(path, text, sizeof(text));
    return (pid_t)atol(text);
}

void daemon_begin(const char *const *options)
{
    assert_int_equal(daemon_try("tests/console/xenconsoled_fake", options), 0);
    assert_true(keeper_pid > 1);
}

int daemon_try(const char *program, const char *const *options)
{
    static char log_dir[200], pid_file[200];
    const char *argv[32] = { "xenconsoled", log_dir, pid_file };
    unsigned n = 3;
    int status;
    pid_t pid;

    snprintf(log_dir, sizeof(log_dir), "--log-dir=%s/log", world_folder);
    snprintf(pid_file, sizeof(pid_file), "--pid-file=%s/pid", world_folder);
    while (*options)
        argv[n++] = *options++;
    pid = fork();
    if (pid == 0) {
        execv(program, (char **)(uintptr_t)argv);
        _exit(127);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    keeper_pid = pid_read(pid_file + strlen("--pid-file="));
    return status;
}

pid_t daemon_worker(void)
{
    char path[64];

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)keeper_pid, (int)keeper_pid);
    return pid_read(path);
}

void daemon_kill(void)
{
    pid_t worker;

    until((worker = daemon_worker()) > 1); /* proc(5): the list of children may lack one for a moment */
    assert_int_equal(kill(worker, SIGKILL), 0);
    until(daemon_worker() != worker && daemon_worker() > 1);
}

void daemon_signal(int number)
{
    assert_int_equal(kill(keeper_pid, number), 0);
}

int world_after_test(void **state)
{
    (void)state;
    if (keeper_pid) { /* it has failed: the next one begins with a new daemon */
        pid_t worker = daemon_worker();

        kill(keeper_pid, SIGKILL);
        if (worker > 1)
            kill(worker, SIGKILL);
    }
    keeper_pid = 0;
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
    return 0;
}

/* What sanitizers have found in a daemon is a failure. */
static void sanitizers_silent(void)
{
    char command[300];

    snprintf(command, sizeof(command), "! cat %s/sanitizer* 2>/dev/null", world_folder);
    assert_int_equal(system(command), 0);
}

void daemon_end(void)
{
    pid_t pid = keeper_pid;
    int status;

    keeper_pid = 0;
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    sanitizers_silent();
    assert_int_equal(status, 0);
}

/* --- guests --- */

void store_put(const char *path, const char *value)
{
    assert_true(xs_write(store, XBT_NULL, path, value, (unsigned)strlen(value)));
}

bool store_has(const char *path, const char *value)
{
    char *is = xs_read(store, XBT_NULL, path, NULL);
    bool same = value ? is && !strcmp(is, value) : !is;

    free(is);
    return same;
}

void store_remove(const char *path)
{
    assert_true(xs_rm(store, XBT_NULL, path));
}

static void console_path(const struct guest *guest, const char *key, char *path, size_t size)
{
    if (guest->number)
        snprintf(path, size, "/local/domain/%u/device/console/%u/%s", guest->domid, guest->number, key);
    else
        snprintf(path, size, "/local/domain/%u/console/%s", guest->domid, key);
}

void console_write(const struct guest *guest, const char *key, const char *value)
{
    char path[100];

    console_path(guest, key, path, sizeof(path));
    store_put(path, value);
}

void guest_begin(struct guest *guest, uint32_t domid)
{
    char name[32];

    snprintf(name, sizeof(name), "guest%u", domid);
    guest_begin_as(guest, domid, name);
}

/* What the toolstack writes of its console. */
static void nodes_write(const struct guest *guest)
{
    char number[16], path[64];

    snprintf(path, sizeof(path), "/local/domain/%u/name", guest->domid);
    store_put(path, guest->name);
    snprintf(number, sizeof(number), "%u", FAKE_GFN);
    console_write(guest, "ring-ref", number);
    console_write(guest, "limit", "1048576");
    console_write(guest, "type", "xenconsoled");
    snprintf(number, sizeof(number), "%u", guest->port);
    console_write(guest, "port", number);
}

void guest_begin_as(struct guest *guest, uint32_t domid, const char *name)
{
    guest_make(guest, domid, name);
    assert_true(xs_introduce_domain(store, domid, FAKE_GFN + 1, guest->store_port));
}

void guest_make(struct guest *guest, uint32_t domid, const char *name)
{
    *guest = (struct guest){ .domid = domid };
    assert_int_equal(fake_domain_new(domid), 0);
    snprintf(guest->name, sizeof(guest->name), "%s", name);
    guest->ring = fake_page(domid, 0);
    fake_grant(domid, 0, 0);
    fake_grant(domid, 1, 1); /* the store's ring; nobody uses it */
    assert_int_equal(fake_evtchn_open(domid, &guest->evtchn), 0);
    assert_int_equal(ctrl_evtchn_bind_unbound(guest->evtchn, 0, &guest->port), 0);
    assert_int_equal(ctrl_evtchn_bind_unbound(guest->evtchn, 0, &guest->store_port), 0);
    nodes_write(guest);
}

void guest_introduce(struct guest *guest)
{
    nodes_write(guest);
    assert_true(xs_introduce_domain(store, guest->domid, FAKE_GFN + 1, guest->store_port));
}

void guest_end(struct guest *guest)
{
    char path[64];

    fake_domain_die(guest->domid);
    ctrl_evtchn_close(guest->evtchn);
    xs_release_domain(store, guest->domid);
    snprintf(path, sizeof(path), "/local/domain/%u", guest->domid);
    xs_rm(store, XBT_NULL, path);
    fake_domain_free(guest->domid);
    xs_release_domain(store, guest->domid);
    guest->evtchn = NULL;
}

void other_begin(struct guest *other, const struct guest *guest, unsigned number)
{
    *other = (struct guest){ .domid = guest->domid, .number = number };
    snprintf(other->name, sizeof(other->name), "%s", guest->name);
    other->ring = fake_page(guest->domid, 1 + number);
    memset(other->ring, 0, sizeof(*other->ring));
    fake_grant(guest->domid, 1 + number, 1 + number);
    assert_int_equal(fake_evtchn_open(guest->domid, &other->evtchn), 0);
    assert_int_equal(ctrl_evtchn_bind_unbound(other->evtchn, 0, &other->port), 0);
}

void other_connect(const struct guest *other)
{
    char number[16];

    snprintf(number, sizeof(number), "%u", 1 + other->number);
    console_write(other, "ring-ref", number);
    snprintf(number, sizeof(number), "%u", other->port);
    console_write(other, "port", number);
}

void other_free(struct guest *other)
{
    ctrl_evtchn_close(other->evtchn);
    other->evtchn = NULL;
}

static uint32_t load(const uint32_t *index)
{
    return __atomic_load_n(index, __ATOMIC_ACQUIRE);
}

size_t guest_write(struct guest *guest, const char *bytes, size_t n)
{
    struct console_ring *ring = guest->ring;
    uint32_t prod = ring->out_prod, room = CONSOLE_RING_OUT - (prod - load(&ring->out_cons));

    assert_true(room <= CONSOLE_RING_OUT);
    if (n > room)
        n = room;
    for (size_t i = 0; i < n; i++)
        ring->out[(prod + i) % CONSOLE_RING_OUT] = bytes[i];
    __atomic_store_n(&ring->out_prod, prod + (uint32_t)n, __ATOMIC_RELEASE);
    if (n > 0)
        ctrl_evtchn_notify(guest->evtchn, guest->port);
    return n;
}

void guest_print(struct guest *guest, const char *text)
{
    size_t length = strlen(text), done = 0;

    until((done += guest_write(guest, text + done, length - done)) == length);
}

size_t guest_read(struct guest *guest, char *bytes, size_t n)
{
    struct console_ring *ring = guest->ring;
    uint32_t cons = ring->in_cons, there = load(&ring->in_prod) - cons;

    if (n > there)
        n = there;
    for (size_t i = 0; i < n; i++)
        bytes[i] = ring->in[(cons + i) % CONSOLE_RING_IN];
    __atomic_store_n(&ring->in_cons, cons + (uint32_t)n, __ATOMIC_RELEASE);
    if (n > 0)
        ctrl_evtchn_notify(guest->evtchn, guest->port);
    return n;
}

char stream_byte(uint32_t domid, uint64_t p)
{
    uint64_t x = (p / 64 + 1) * 0x9e3779b97f4a7c15ull + domid * 0xbf58476d1ce4e5b9ull;

    return p % 64 == 63 ? '\n' : (char)('a' + ((x >> (p % 48)) + p % 64) % 26);
}

void guest_flood(struct guest *guest, uint64_t end)
{
    char bytes[CONSOLE_RING_OUT];
    size_t n = end - guest->written < sizeof(bytes) ? (size_t)(end - guest->written) : sizeof(bytes);

    for (size_t i = 0; i < n; i++)
        bytes[i] = stream_byte(guest->domid, guest->written + i);
    guest->written += guest_write(guest, bytes, n);
}

/* --- what became of it --- */

static void log_path(const struct guest *guest, char *path, size_t size)
{
    char number[32] = "";

    if (guest->number)
        snprintf(number, sizeof(number), "-console%u", guest->number);
    snprintf(path, size, "%s/log/guest-%s%s.log", world_folder, guest->name, number);
}

uint64_t log_size(const struct guest *guest)
{
    struct stat st;
    char path[200];

    log_path(guest, path, sizeof(path));
    return stat(path, &st) < 0 ? 0 : (uint64_t)st.st_size;
}

int log_compare(const struct guest *guest, uint64_t n)
{
    char path[200], bytes[65536];
    uint64_t p = 0;
    ssize_t got;
    int fd;

    log_path(guest, path, sizeof(path));
    fd = open(path, O_RDONLY);
    if (fd < 0)
        return -1;
    while ((got = read(fd, bytes, sizeof(bytes))) > 0)
        for (ssize_t i = 0; i < got; i++, p++)
            if (p >= n || bytes[i] != stream_byte(guest->domid, p)) {
                print_error("%s: byte %llu of %llu is wrong\n", path, (unsigned long long)p, (unsigned long long)n);
                close(fd);
                return -1;
            }
    close(fd);
    return p == n ? 0 : -1;
}

int tty_open(const struct guest *guest)
{
    char path[100], *tty = NULL;
    int fd;

    console_path(guest, "tty", path, sizeof(path));
    until((tty = xs_read(store, XBT_NULL, path, NULL)) != NULL);
    fd = open(tty, O_RDWR | O_NOCTTY | O_CLOEXEC);
    free(tty);
    assert_true(fd >= 0);
    return fd;
}

int terminal_put(const char *path, const char *text)
{
    int fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    struct termios raw;
    char name[64];

    assert_true(fd >= 0);
    assert_int_equal(grantpt(fd) | unlockpt(fd) | ptsname_r(fd, name, sizeof(name)) | tcgetattr(fd, &raw), 0);
    cfmakeraw(&raw);
    assert_int_equal(tcsetattr(fd, TCSANOW, &raw), 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    store_put(path, name);
    return fd;
}

int client_open(const char *line, char *answer, size_t size)
{
    struct sockaddr_un address = { .sun_family = AF_UNIX };
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t n = 0;

    world_path(address.sun_path, sizeof(address.sun_path), "socket");
    until(connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    assert_int_equal(write(fd, line, strlen(line)), strlen(line));
    while (n < size - 1 && read(fd, answer + n, 1) == 1 && answer[n] != '\n')
        n++;
    answer[n] = 0;
    return fd;
}

size_t read_all(int fd, char *bytes, size_t n)
{
    struct pollfd ready = { .fd = fd, .events = POLLIN };
    size_t done = 0;

    while (done < n && poll(&ready, 1, SECONDS * 1000) > 0) {
        ssize_t got = read(fd, bytes + done, n - done);

        if (got <= 0)
            break;
        done += (size_t)got;
    }
    return done;
}
