/* SPDX-License-Identifier: GPL-2.0-only */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "light/device_model.h"
#include "xl/check.h"

#define ANSWER_MS 2000
#define CACHE_MIB 256 /* an unpacked kernel and initial file system of each of a few distributions */

static void cleanup_dir(DIR **dir)
{
    if (*dir)
        closedir(*dir);
}
#define _cleanup_dir_ _cleanup_(cleanup_dir)

static const char *path_of(const struct checkup *c, const char *path, char buffer[256])
{
    snprintf(buffer, 256, "%s%s", c->root, path);
    return buffer;
}

static bool exists(const struct checkup *c, const char *path)
{
    char whole[256];

    return !access(path_of(c, path, whole), F_OK);
}

/* The first line of a file; "": it cannot be read. */
static const char *line_of(const struct checkup *c, const char *path, char buffer[128])
{
    char whole[256];
    FILE *f = fopen(path_of(c, path, whole), "re");

    if (!f || !fgets(buffer, 128, f))
        buffer[0] = '\0';
    if (f)
        fclose(f);
    buffer[strcspn(buffer, "\n")] = '\0';
    return buffer;
}

/* --- this Linux --- */

static void check_dom0(struct checkup *c)
{
    char line[128];

    if (strcmp(line_of(c, "/sys/hypervisor/type", line), "xen")) {
        checked(c, CHECK_FAIL, "hypervisor", "boot the hypervisor with this Linux as its dom0 (grub has an entry for it)",
                "this Linux does not run on Xen or Xenolith");
        return;
    }
    if (exists(c, "/proc/xen/capabilities") && !strstr(line_of(c, "/proc/xen/capabilities", line), "control_d")) {
        checked(c, CHECK_FAIL, "hypervisor", "run xl in dom0", "this Linux is a guest, not dom0");
        return;
    }
    checked(c, CHECK_OK, "hypervisor", NULL, "this Linux is dom0");
}

static void check_user(struct checkup *c)
{
    if (geteuid())
        checked(c, CHECK_FAIL, "user", "run xl as root, for example by sudo", "this is not root");
    else
        checked(c, CHECK_OK, "user", NULL, "root");
}

static void check_devices(struct checkup *c)
{
    static const struct {
        const char *path, *module;
    } devices[] = {
        { "/dev/xen/privcmd", "xen-privcmd" },
        { "/dev/xen/evtchn", "xen-evtchn" },
        { "/dev/xen/gntdev", "xen-gntdev" },
    };

    for (size_t i = 0; i < sizeof(devices) / sizeof(devices[0]); i++) {
        char path[256], mend[64];
        int fd = open(path_of(c, devices[i].path, path), O_RDWR | O_CLOEXEC);

        snprintf(mend, sizeof(mend), "modprobe %s", devices[i].module);
        if (fd >= 0)
            checked(c, CHECK_OK, devices[i].path, NULL, "can be opened");
        else
            checked(c, CHECK_FAIL, devices[i].path, errno == ENOENT ? mend : "see who may open it: ls -l /dev/xen",
                    "cannot be opened: %s", strerror(errno));
        if (fd >= 0)
            close(fd);
    }
}

/* Processes are known by what the kernel says they are called. NULL: none; else its number. */
static const char *process_of(const struct checkup *c, const char *program, char ret_pid[24])
{
    char path[256], line[128];
    _cleanup_dir_ DIR *dir = opendir(path_of(c, "/proc", path));
    const struct dirent *entry;

    while (dir && (entry = readdir(dir))) {
        if (!isdigit((unsigned char)entry->d_name[0]))
            continue;
        snprintf(path, sizeof(path), "/proc/%.20s/comm", entry->d_name);
        if (!strcmp(line_of(c, path, line), program)) {
            snprintf(ret_pid, 24, "%.20s", entry->d_name);
            return ret_pid;
        }
    }
    return NULL;
}

/* By the letter that the kernel has for its state: T is stopped, t traced, Z a zombie. */
static bool goes_on(const struct checkup *c, const char *pid)
{
    char path[64], line[128];
    const char *state;

    snprintf(path, sizeof(path), "/proc/%s/stat", pid);
    state = strrchr(line_of(c, path, line), ')'); /* behind the program's name */
    return !state || strlen(state) < 3 || !strchr("TtZ", state[2]);
}

/* Ours lists its consoles when it is asked to. -1: there is no such socket, as with the distribution's. */
static int consoled_answers(const struct checkup *c)
{
    struct sockaddr_un to = { .sun_family = AF_UNIX };
    struct pollfd wait = { .events = POLLIN };
    char path[256];
    int fd _cleanup_close_ = -1;

    path_of(c, RUNSTATEDIR "/xenconsoled/socket", path);
    if (access(path, F_OK) || strlen(path) >= sizeof(to.sun_path))
        return -1;
    strcpy(to.sun_path, path);
    fd = wait.fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    return fd >= 0 && !connect(fd, (struct sockaddr *)&to, sizeof(to)) && send(fd, "list\n", 5, MSG_NOSIGNAL) == 5 &&
           poll(&wait, 1, ANSWER_MS) == 1;
}

static void check_consoled(struct checkup *c)
{
    char number[24], mend[64];
    const char *pid = process_of(c, "xenconsoled", number);
    int answers;

    if (!pid) {
        checked(c, CHECK_WARN, "consoles", "systemctl start xenconsoled (or service xen start)",
                "xenconsoled does not run: guests have no console, nor logs of it");
        return;
    }
    if (!goes_on(c, pid)) {
        snprintf(mend, sizeof(mend), "kill -CONT %s; see who has stopped it", pid);
        checked(c, CHECK_WARN, "consoles", mend, "xenconsoled (process %s) is stopped: consoles stand still", pid);
        return;
    }
    answers = consoled_answers(c);
    if (!answers)
        checked(c, CHECK_WARN, "consoles", "systemctl restart xenconsoled; guests run on, and what they wrote is kept",
                "xenconsoled (process %s) does not answer", pid);
    else
        checked(c, CHECK_OK, "consoles", NULL, answers > 0 ? "xenconsoled answers" : "xenconsoled runs");
}

static void check_daemons(struct checkup *c)
{
    if (exists(c, RUNSTATEDIR "/xenstored/socket") || exists(c, "/dev/xen/xenbus"))
        checked(c, CHECK_OK, "store", NULL, "there is a way to it");
    else
        checked(c, CHECK_FAIL, "store", "systemctl start xenstored (or service xen start)",
                "no %s/xenstored/socket and no /dev/xen/xenbus: xenstored does not run", RUNSTATEDIR);
    check_consoled(c);
}

/* --- what devices need --- */

static void check_backends(struct checkup *c)
{
    static const struct {
        const char *name, *path, *module, *what;
    } backends[] = {
        { "disks", "/sys/bus/xen-backend/drivers/vbd", "xen-blkback", "disks by this kernel (phy, raw files)" },
        { "networks", "/sys/bus/xen-backend/drivers/vif", "xen-netback", "networks" },
        { "loop", "/dev/loop-control", "loop", "disks in raw files" },
    };

    for (size_t i = 0; i < sizeof(backends) / sizeof(backends[0]); i++) {
        char mend[64];

        snprintf(mend, sizeof(mend), "modprobe %s", backends[i].module);
        if (exists(c, backends[i].path))
            checked(c, CHECK_OK, backends[i].name, NULL, "the module %s is there", backends[i].module);
        else
            checked(c, CHECK_WARN, backends[i].name, mend, "no %s: guests have no %s", backends[i].path, backends[i].what);
    }
}

static void check_qemu(struct checkup *c)
{
    char path[256];

    if (!access(path_of(c, LIGHT_QEMU, path), X_OK))
        checked(c, CHECK_OK, "qemu", NULL, "%s is there", LIGHT_QEMU);
    else
        checked(c, CHECK_WARN, "qemu", "apt-get install qemu-system-xen, or device_model_override= of a configuration",
                "no %s: guests have no qcow2 disks, screens or keyboards", LIGHT_QEMU);
}

static void check_gateway(struct checkup *c)
{
    char path[256];

    snprintf(path, sizeof(path), "/sys/class/net/%.32s", c->gateway);
    if (exists(c, path))
        checked(c, CHECK_OK, "gatewaydev", NULL, "%s is there", c->gateway);
    else
        checked(c, CHECK_WARN, "gatewaydev", "ip link says which there are, for vif.default.gatewaydev of xl.conf",
                "there is no interface %s, which vifs are routed by", c->gateway);
}

/* The bridge that vifs are put on, and those there are. */
static void check_bridges(struct checkup *c)
{
    char path[256], found[160] = "", mend[160];
    _cleanup_dir_ DIR *dir = opendir(path_of(c, "/sys/class/net", path));
    const struct dirent *entry;
    size_t n = 0;

    snprintf(path, sizeof(path), "/sys/class/net/%.32s/bridge", c->bridge);
    if (exists(c, path)) {
        checked(c, CHECK_OK, "bridge", NULL, "%s is there", c->bridge);
        return;
    }
    while (dir && (entry = readdir(dir))) {
        snprintf(path, sizeof(path), "/sys/class/net/%.32s/bridge", entry->d_name);
        if (exists(c, path) && n < sizeof(found))
            n += (size_t)snprintf(found + n, sizeof(found) - n, "%s%s", n ? ", " : "", entry->d_name);
    }
    if (n)
        snprintf(mend, sizeof(mend), "say bridge=%.40s in vif=[...], or vif.default.bridge in xl.conf", found);
    else
        snprintf(mend, sizeof(mend), "ip link add %.32s type bridge && ip link set %.32s up", c->bridge, c->bridge);
    checked(c, CHECK_WARN, "bridge", mend, "there is no bridge %s, which vifs are put on; %s%s", c->bridge,
            n ? "there are: " : "there is none at all", found);
}

/* --- folders --- */

static void check_folder(struct checkup *c, const char *name, const char *path, enum verdict verdict, unsigned need_mib)
{
    char whole[256], mend[300];
    struct statvfs fs;
    unsigned long long mib;

    path_of(c, path, whole);
    while (access(whole, F_OK) && strrchr(whole, '/') != whole && strlen(whole) > strlen(c->root) + 1)
        *strrchr(whole, '/') = '\0'; /* it is made when it is needed, where its parent is */
    snprintf(mend, sizeof(mend), "see who may write to %s", whole);
    if (access(whole, W_OK) || statvfs(whole, &fs)) {
        checked(c, verdict, name, mend, "%s: %s", path, strerror(errno));
        return;
    }
    mib = (unsigned long long)fs.f_bavail * fs.f_frsize >> 20;
    snprintf(mend, sizeof(mend), "make room in %s", whole);
    if (mib < need_mib)
        checked(c, verdict, name, mend, "%s has room for %llu MiB, and %u are of use", path, mib, need_mib);
    else
        checked(c, CHECK_OK, name, NULL, "%s can be written to, with room for %llu MiB", path, mib);
}

void check_host(struct checkup *c)
{
    check_dom0(c);
    check_user(c);
    check_devices(c);
    check_daemons(c);
    check_backends(c);
    check_qemu(c);
    if (c->gateway)
        check_gateway(c);
    else
        check_bridges(c);
    check_folder(c, "records", LOCALSTATEDIR "/lib/xen", CHECK_FAIL, 1);
    check_folder(c, "kernels", LOCALSTATEDIR "/cache/xenolith/kernels", CHECK_WARN, CACHE_MIB);
}
