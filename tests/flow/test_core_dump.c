/* SPDX-License-Identifier: GPL-2.0-only */
/* A domain's memory as a file: what is in it, and what is left when it cannot be written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctrl/domain.h"
#include "ctrl/hvm.h"
#include "ctrl/memory.h"
#include "fake/ctrl_loop.h"
#include "fake/fault.h"
#include "flow/world.h"
#include "light/events.h"

#define PAGE 4096u
#define HIGH 9000u /* a page above a hole */

static char path[80];
static uint32_t domid;
static unsigned handles; /* of the hypervisor that are open */

/* --- its writes --- */

static struct {
    unsigned fail_in; /* 0: none fails */
    bool failed, little; /* little: every second is interrupted, the others write 1000 bytes at most */
    unsigned calls;
} writes;

ssize_t __real_pwrite(int fd, const void *data, size_t len, off_t at);
ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t at);

ssize_t __wrap_pwrite(int fd, const void *data, size_t len, off_t at)
{
    if (writes.fail_in && !--writes.fail_in) {
        writes.failed = true;
        errno = EDQUOT;
        return -1;
    }
    if (writes.little && writes.calls++ % 2) {
        errno = EINTR;
        return -1;
    }
    return __real_pwrite(fd, data, writes.little && len > 1000 ? 1000 : len, at);
}

static int setup(void **state)
{
    const uint64_t high[] = { HIGH };

    machine_setup(state);
    domid = domain_new();
    assert_int_equal(ctrl_memory_populate(priv, domid, high, 1, 0, 0), 1);
    *(uint64_t *)ctrl_loop_page(domid, HIGH) = HIGH;
    assert_int_equal(ctrl_hvm_set_context(priv, domid, "", 1), 0); /* its vCPU has registers then */
    snprintf(path, sizeof(path), "%s/core", world_folder);
    for (unsigned i = 0; i < WORLD_PAGES; i++)
        *(uint64_t *)ctrl_loop_page(domid, i) = 0x1000 + i;
    handles = ctrl_loop_in_use();
    return 0;
}

static int teardown(void **state)
{
    assert_int_equal(libxl_domain_destroy(ctx, domid, NULL), 0);
    unlink(path);
    return machine_teardown(state);
}

static const Elf64_Shdr *section(const unsigned char *core, const char *name)
{
    const Elf64_Ehdr *elf = (const Elf64_Ehdr *)core;
    const Elf64_Shdr *s = (const Elf64_Shdr *)(core + elf->e_shoff);

    for (unsigned i = 0; i < elf->e_shnum; i++) {
        if (!strcmp((const char *)core + s[elf->e_shstrndx].sh_offset + s[i].sh_name, name))
            return &s[i];
    }
    fail_msg("no section %s", name);
    return NULL;
}

/* The note's contents. */
static const void *note(const unsigned char *core, uint32_t type, size_t size)
{
    const Elf64_Shdr *notes = section(core, ".note.Xen");
    const unsigned char *at = core + notes->sh_offset, *end = at + notes->sh_size;

    while (at < end) {
        const Elf64_Nhdr *n = (const Elf64_Nhdr *)at;

        assert_int_equal(n->n_namesz, 4);
        assert_string_equal((const char *)(n + 1), "Xen");
        if (n->n_type == type) {
            assert_int_equal(n->n_descsz, size);
            return at + sizeof(*n) + 4;
        }
        at += sizeof(*n) + 4 + ((n->n_descsz + 3) & ~3u);
    }
    fail_msg("no note %x", type);
    return NULL;
}

/* The file, for core_unmap(). */
static const unsigned char *core_map(struct stat *ret_st)
{
    const unsigned char *core;
    int fd = open(path, O_RDONLY);

    assert_true(fd >= 0 && fstat(fd, ret_st) == 0);
    core = mmap(NULL, (size_t)ret_st->st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    assert_ptr_not_equal(core, MAP_FAILED);
    close(fd);
    return core;
}

static void core_unmap(const unsigned char *core, const struct stat *st)
{
    munmap((void *)(uintptr_t)core, (size_t)st->st_size);
}

static void dumped(void **state)
{
    const Elf64_Shdr *pages, *pfns, *registers;
    struct vcpu_guest_context context;
    const unsigned char *core;
    const uint64_t *header, *gfns;
    struct stat st;

    (void)state;
    assert_int_equal(libxl_domain_core_dump(ctx, domid, path, NULL), 0);
    core = core_map(&st);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_memory_equal(core, ELFMAG, SELFMAG);
    assert_int_equal(((const Elf64_Ehdr *)core)->e_type, ET_CORE);
    assert_int_equal(((const Elf64_Ehdr *)core)->e_machine, EM_X86_64);
    header = note(core, 0x2000001, 32);
    assert_int_equal(header[0], 0xf00febee);
    assert_int_equal(header[1], 1);
    assert_int_equal(header[3], PAGE);
    note(core, 0x2000000, 0);
    assert_int_equal(*(const uint64_t *)note(core, 0x2000003, 8), 1);
    assert_int_equal(*(const uint64_t *)note(core, 0x2000002, 16 + 16 + 144 + 1024 + 64 + 16), 4);
    pages = section(core, ".xen_pages");
    pfns = section(core, ".xen_pfn");
    gfns = (const uint64_t *)(core + pfns->sh_offset);
    assert_int_equal(header[2], WORLD_PAGES + 1);
    assert_int_equal(pages->sh_size, header[2] * PAGE);
    assert_int_equal(pages->sh_offset % PAGE, 0);
    assert_int_equal(pfns->sh_size, header[2] * 8);
    for (unsigned i = 0; i < WORLD_PAGES; i++) {
        assert_int_equal(gfns[i], i);
        assert_int_equal(*(const uint64_t *)(core + pages->sh_offset + (uint64_t)i * PAGE), 0x1000 + i);
    }
    assert_int_equal(gfns[WORLD_PAGES], HIGH);
    assert_int_equal(*(const uint64_t *)(core + pages->sh_offset + (uint64_t)WORLD_PAGES * PAGE), HIGH);
    registers = section(core, ".xen_prstatus");
    assert_int_equal(registers->sh_size, sizeof(context));
    assert_int_equal(registers->sh_entsize, sizeof(context));
    assert_int_equal(ctrl_vcpu_get_context(priv, domid, 0, &context), 0);
    assert_true(context.user_regs.rip);
    assert_memory_equal(core + registers->sh_offset, &context, sizeof(context));
    core_unmap(core, &st);
}

static void in_little_pieces(void **state)
{
    writes.little = true;
    dumped(state);
    writes.little = false;
}

/* What holds nothing takes no room, and reads as it is. */
static void zeros(void **state)
{
    const unsigned char *core;
    const uint64_t *pages;
    struct stat st;

    (void)state;
    for (unsigned i = 0; i < WORLD_PAGES; i++)
        *(uint64_t *)ctrl_loop_page(domid, i) = i == 1 ? 0x1001 : 0;
    assert_int_equal(libxl_domain_core_dump(ctx, domid, path, NULL), 0);
    core = core_map(&st);
    assert_true(st.st_blocks * 512 < st.st_size - (WORLD_PAGES - 4) * PAGE);
    pages = (const uint64_t *)(core + section(core, ".xen_pages")->sh_offset);
    for (unsigned i = 0; i < WORLD_PAGES; i++)
        assert_int_equal(pages[i * PAGE / 8], i == 1 ? 0x1001 : 0);
    core_unmap(core, &st);
}

static void never_started(void **state)
{
    uint32_t other = domid;
    const unsigned char *core;
    struct stat st;

    (void)state;
    domid = domain_new();
    assert_int_equal(libxl_domain_core_dump(ctx, domid, path, NULL), 0);
    core = core_map(&st);
    assert_int_equal(((const uint64_t *)note(core, 0x2000001, 32))[1], 0);
    assert_int_equal(section(core, ".xen_prstatus")->sh_size, 0);
    core_unmap(core, &st);
    assert_int_equal(libxl_domain_destroy(ctx, other, NULL), 0);
}

static void refused(void **state)
{
    (void)state;
    assert_int_equal(libxl_domain_core_dump(ctx, 999, path, NULL), ERROR_DOMAIN_NOTFOUND);
    assert_int_equal(libxl_domain_core_dump(ctx, 0, path, NULL), ERROR_NI);
    assert_int_equal(libxl_domain_core_dump(ctx, domid, "/nowhere/core", NULL), ERROR_FAIL);
    expect_said("/nowhere/core: No such file or directory");
    assert_int_equal(access(path, F_OK), -1);
}

static void no_room(void **state)
{
    (void)state;
    assert_int_equal(symlink("/dev/full", path), 0);
    assert_int_equal(libxl_domain_core_dump(ctx, domid, path, NULL), ERROR_FAIL);
    expect_said("No space left on device");
    assert_int_equal(access(path, F_OK), 0); /* a device stays */
}

/* What is no file was there before, and stays. */
static void into_a_pipe(void **state)
{
    struct stat st;
    int fd;

    (void)state;
    assert_int_equal(mkfifo(path, 0600), 0);
    fd = open(path, O_RDONLY | O_NONBLOCK);
    assert_true(fd >= 0);
    assert_int_equal(libxl_domain_core_dump(ctx, domid, path, NULL), ERROR_FAIL);
    expect_said("Illegal seek");
    assert_int_equal(stat(path, &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    close(fd);
}

static void gone_meanwhile(void **state)
{
    libxl_asyncop_how how = { .u.for_event = 3 };
    libxl_event *event;

    (void)state;
    assert_int_equal(libxl_domain_core_dump(ctx, domid, path, &how), 0);
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(ctrl_domain_destroy(priv, domid), 0);
    assert_int_equal(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    assert_int_equal(event->u.operation_complete.rc, ERROR_DOMAIN_NOTFOUND);
    libxl_event_free(ctx, event);
    expect_said("writing its memory: there is none with this number");
    assert_int_equal(access(path, F_OK), -1);
    domid = domain_new();
}

static void cancelled(void **state)
{
    libxl_asyncop_how how = { .u.for_event = 3 };
    libxl_event *event;

    (void)state;
    assert_int_equal(libxl_domain_core_dump(ctx, domid, path, &how), 0);
    assert_int_equal(libxl_ao_abort(ctx, &how), 0);
    assert_int_equal(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
    assert_int_equal(event->u.operation_complete.rc, ERROR_ABORTED);
    libxl_event_free(ctx, event);
    assert_int_equal(access(path, F_OK), -1);
}

/* After so many rounds of the loop: it has ended, or is still at it. */
static bool ended_after(unsigned rounds)
{
    libxl_event *event;

    for (unsigned i = 0; i < rounds; i++) {
        int rc = libxl_event_check(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL);

        if (rc == ERROR_NOT_READY)
            continue;
        assert_int_equal(rc, 0);
        assert_int_equal(event->u.operation_complete.rc, 0);
        libxl_event_free(ctx, event);
        return true;
    }
    return false;
}

static void cancelled_at_each_step(void **state)
{
    libxl_asyncop_how how = { .u.for_event = 3 };
    libxl_event *event;
    unsigned rounds;

    (void)state;
    for (rounds = 0;; rounds++) {
        assert_int_equal(libxl_domain_core_dump(ctx, domid, path, &how), 0);
        if (ended_after(rounds))
            break;
        assert_int_equal(libxl_ao_abort(ctx, &how), 0);
        assert_int_equal(libxl_event_wait(ctx, &event, LIBXL_EVENTMASK_ALL, NULL, NULL), 0);
        assert_int_equal(event->u.operation_complete.rc, ERROR_ABORTED);
        libxl_event_free(ctx, event);
        assert_int_equal(access(path, F_OK), -1);
        assert_int_equal(ctrl_loop_in_use(), handles);
    }
    assert_true(rounds > 5); /* a round is two batches at most */
    assert_int_equal(access(path, F_OK), 0);
}

static void failing_writes(void **state)
{
    unsigned nth = 0;

    (void)state;
    do {
        int rc;

        writes.failed = false;
        writes.fail_in = ++nth;
        log_text[0] = '\0';
        rc = libxl_domain_core_dump(ctx, domid, path, NULL);
        writes.fail_in = 0;
        assert_int_equal(rc, writes.failed ? ERROR_FAIL : 0);
        if (writes.failed)
            expect_said("core: Disk quota exceeded");
        assert_int_equal(access(path, F_OK), writes.failed ? -1 : 0);
        assert_int_equal(ctrl_loop_in_use(), handles);
    } while (writes.failed);
    assert_true(nth > 5);
}

static void failing(void **state)
{
    bool more = true;

    (void)state;
    for (unsigned kind = 0; kind < 2; kind++, more = true) {
        for (unsigned nth = 1; more; nth++) {
            int rc;

            log_text[0] = '\0';
            if (kind)
                fault_at(FAULT_ALLOC, nth);
            else
                ctrl_loop_fail(nth, EIO);
            rc = libxl_domain_core_dump(ctx, domid, path, NULL);
            more = kind ? fault_happened(FAULT_ALLOC) : ctrl_loop_failed();
            fault_at(FAULT_ALLOC, 0);
            ctrl_loop_fail(0, 0);
            assert_true(rc <= 0 && (more || !rc) && (!rc || rc == ERROR_NOMEM || log_text[0]));
            assert_int_equal(access(path, F_OK), rc ? -1 : 0);
            assert_int_equal(ctrl_loop_in_use(), handles);
            unlink(path);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(dumped, setup, teardown),
        cmocka_unit_test_setup_teardown(in_little_pieces, setup, teardown),
        cmocka_unit_test_setup_teardown(zeros, setup, teardown),
        cmocka_unit_test_setup_teardown(never_started, setup, teardown),
        cmocka_unit_test_setup_teardown(refused, setup, teardown),
        cmocka_unit_test_setup_teardown(no_room, setup, teardown),
        cmocka_unit_test_setup_teardown(into_a_pipe, setup, teardown),
        cmocka_unit_test_setup_teardown(gone_meanwhile, setup, teardown),
        cmocka_unit_test_setup_teardown(cancelled, setup, teardown),
        cmocka_unit_test_setup_teardown(cancelled_at_each_step, setup, teardown),
        cmocka_unit_test_setup_teardown(failing, setup, teardown),
        cmocka_unit_test_setup_teardown(failing_writes, setup, teardown),
    };

    return cmocka_run_group_tests(tests, world_setup, world_teardown);
}
