/* SPDX-License-Identifier: GPL-2.0-only */
#include "bootfind/find.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define NAMES 512
#define BLS_MAX (64u << 10)

void say(const char *fmt, ...)
{
    char text[2 * MENU_WORD];
    va_list args;

    va_start(args, fmt);
    vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    menu_clean(text);
    fprintf(stderr, "xl-bootfind: %s\n", text);
}

bool find_bootable(const struct menu_entry *entry)
{
    return entry->kernel != NULL;
}

int find_nth(const struct menu *menu, unsigned nth)
{
    for (unsigned i = 0; i < menu->count; i++)
        if (find_bootable(&menu->entries[i]) && nth-- == 0)
            return (int)i;
    return -1;
}

static void menu_reset(struct menu *menu)
{
    arena_done(&menu->arena);
    memset(menu, 0, sizeof(*menu));
}

/* --- names of a folder --- */

struct names {
    char *text;
    const char *name[NAMES];
    unsigned count;
};

static void names_done(struct names *n)
{
    free(n->text);
}

static int newest_first(const void *a, const void *b)
{
    return strverscmp(*(const char *const *)b, *(const char *const *)a);
}

/* The newest first. A name with a blank in it looks like two, and is none that anybody has given to a kernel. */
static void names_get(struct disk *disk, unsigned part, const char *folder, struct names *ret)
{
    char *save;

    ret->count = 0;
    if (disk_list(disk, part, folder, &ret->text) < 0)
        return;
    for (char *name = strtok_r(ret->text, " \n", &save); name && ret->count < NAMES; name = strtok_r(NULL, " \n", &save))
        ret->name[ret->count++] = name;
    qsort(ret->name, ret->count, sizeof(ret->name[0]), newest_first);
}

static bool has_name(const struct names *n, const char *name)
{
    for (unsigned i = 0; i < n->count; i++)
        if (strcmp(n->name[i], name) == 0)
            return true;
    return false;
}

/* --- entries of the Boot Loader Specification --- */

static void add_bls(struct disk *disk, unsigned part, struct menu *menu)
{
    static const char *const folders[] = { "/loader/entries/", "/boot/loader/entries/" };

    for (unsigned f = 0; f < sizeof(folders) / sizeof(folders[0]); f++) {
        struct names names _cleanup_(names_done) = { .text = NULL };

        names_get(disk, part, folders[f], &names);
        for (unsigned i = 0; i < names.count; i++) {
            char path[300], *text _cleanup_free_ = NULL;
            size_t len = strlen(names.name[i]), size = 0;
            unsigned before = menu->count;

            if (len < 6 || len > 255 || strcmp(names.name[i] + len - 5, ".conf"))
                continue;
            snprintf(path, sizeof(path), "%s%s", folders[f], names.name[i]);
            ((char *)names.name[i])[len - 5] = '\0';
            if (disk_read(disk, part, path, BLS_MAX, &text, &size) < 0) {
                say("%s, %s is passed over: %s", disk_part_name(disk, part), path, disk->error);
            } else if (menu_add_bls(menu, names.name[i], text, size) < 0) {
                say("%s, %s is passed over: %s", disk_part_name(disk, part), path, menu->error);
                menu->count = before;
            }
        }
    }
}

/* --- grub.cfg --- */

static void add_env(struct disk *disk, unsigned part, const char *folder, struct menu *menu)
{
    char path[100], *text _cleanup_free_ = NULL;
    const char *saved;
    size_t len = 0;

    snprintf(path, sizeof(path), "%sgrubenv", folder);
    if (disk_read(disk, part, path, BLS_MAX, &text, &len) == 0 && menu_add_env(menu, text, len) < 0)
        say("%s, %s is read in part: %s", disk_part_name(disk, part), path, menu->error);
    saved = menu_get(menu, "saved_entry", strlen("saved_entry"));
    menu->wanted = saved[0] ? saved : NULL;
}

/* The entries of one grub.cfg, and those that it refers to; false: there are none. */
static bool grub_menu(struct disk *disk, unsigned part, const char *folder, struct menu *menu)
{
    char path[100], *text _cleanup_free_ = NULL;
    size_t len = 0;
    int rc;

    snprintf(path, sizeof(path), "%sgrub.cfg", folder);
    rc = disk_read(disk, part, path, MENU_TEXT_MAX, &text, &len);
    if (rc == -EFBIG)
        say("%s, %s is passed over: %s", disk_part_name(disk, part), path, disk->error);
    if (rc < 0)
        return false;
    menu_reset(menu);
    add_env(disk, part, folder, menu);
    if (menu_add_grub(menu, text, len) < 0) {
        say("%s, %s is passed over: %s", disk_part_name(disk, part), path, menu->error);
        return false;
    }
    if (menu->bls)
        add_bls(disk, part, menu);
    return find_nth(menu, 0) >= 0;
}

/* --- kernels by their names --- */

/* Where distributions put the ramdisk of a kernel, by its version. */
static const char *const ramdisks[] = { "initrd.img-%s", "initramfs-%s.img", "initrd-%s", "initramfs-%s", "initrd-%s.img" };

static int kernel_menu(struct disk *disk, unsigned part, const char *folder, struct menu *menu)
{
    struct names names _cleanup_(names_done) = { .text = NULL };
    const char *kernel = NULL, *version;
    struct menu_entry *e;
    char ramdisk[300];

    names_get(disk, part, folder, &names);
    for (unsigned i = 0; i < names.count && !kernel; i++)
        if (strncmp(names.name[i], "vmlinuz-", 8) == 0 && strlen(names.name[i]) < 200)
            kernel = names.name[i];
    if (!kernel)
        return -ENOENT;
    version = kernel + strlen("vmlinuz-");
    menu_reset(menu);
    e = menu_new(menu, kernel, -1);
    if (!e || !(e->kernel = arena_printf(&menu->arena, "%s%s", folder, kernel)))
        return -ENOMEM;
    for (unsigned i = 0; i < sizeof(ramdisks) / sizeof(ramdisks[0]) && !e->nr_initrds; i++) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
        snprintf(ramdisk, sizeof(ramdisk), ramdisks[i], version);
#pragma GCC diagnostic pop
        if (has_name(&names, ramdisk) && (e->initrds[0] = arena_printf(&menu->arena, "%s%s", folder, ramdisk)))
            e->nr_initrds = 1;
    }
    say("%s has no menu of a boot loader: its newest kernel is %s%s, with no command line but what is given",
        disk_part_name(disk, part), folder, kernel);
    return 0;
}

/* --- the menu --- */

static void say_nothing_found(struct disk *disk)
{
    char kind[64];

    for (unsigned i = 0; i < disk->count; i++) {
        disk_part_kind(disk, i, kind, sizeof(kind));
        say("%s: %s", disk_part_name(disk, i), kind);
    }
    say("no grub.cfg, no loader/entries/*.conf and no vmlinuz-* found there; what to do: --kernel=/PATH/ON/THE/DISK, or "
        "kernel=\"...\" in place of bootloader=\"...\" in the guest's configuration");
}

int find_menu(struct disk *disk, struct menu *menu)
{
    static const char *const grub[] = { "/boot/grub/", "/grub/", "/boot/grub2/", "/grub2/", "/@/boot/grub/" };
    static const char *const kernels[] = { "/boot/", "/" };

    for (unsigned i = 0; i < disk->count; i++)
        for (unsigned k = 0; k < sizeof(grub) / sizeof(grub[0]); k++)
            if (grub_menu(disk, i, grub[k], menu))
                return (int)i;
    menu_reset(menu);
    for (unsigned i = 0; i < disk->count; i++) {
        add_bls(disk, i, menu);
        if (find_nth(menu, 0) >= 0)
            return (int)i;
    }
    for (unsigned i = 0; i < disk->count; i++)
        for (unsigned k = 0; k < sizeof(kernels) / sizeof(kernels[0]); k++)
            if (kernel_menu(disk, i, kernels[k], menu) == 0)
                return (int)i;
    say_nothing_found(disk);
    return -1;
}

/* --- files --- */

/* Half a file is none. */
static int copy(struct disk *disk, unsigned part, const char *path, size_t max, int fd)
{
    off_t at = lseek(fd, 0, SEEK_CUR);
    int rc = at < 0 ? -errno : disk_copy(disk, part, path, max, fd);

    if (rc < 0 && at >= 0 && (ftruncate(fd, at) < 0 || lseek(fd, at, SEEK_SET) < 0))
        rc = -errno;
    return rc;
}

int find_copy(struct disk *disk, unsigned part, const char *what, const char *path, size_t max, int fd)
{
    char longer[MENU_WORD + 8], first[sizeof(disk->error)] = "";
    const char *paths[] = { path, strncmp(path, "/boot/", 6) == 0 ? path + 5 : longer };

    snprintf(longer, sizeof(longer), "/boot%s", path);
    for (unsigned i = 0; i < disk->count; i++) {
        unsigned p = i == 0 ? part : i <= part ? i - 1 : i; /* that partition first */

        for (unsigned k = 0; k < 2; k++) {
            int rc = copy(disk, p, paths[k], max, fd);

            if (rc == 0)
                return 0;
            if (!first[0])
                snprintf(first, sizeof(first), "%s", disk->error);
            if (rc != -ENOENT) {
                say("%s: %s %s: %s", disk_part_name(disk, p), what, paths[k], disk->error);
                return -1;
            }
        }
    }
    say("%s: %s %s: %s", disk_part_name(disk, part), what, path, first);
    say("it is on no other partition either; what to do: repair the disk's boot loader menu, or --kernel=, --ramdisk= or --entry=");
    return -1;
}
