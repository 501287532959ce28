/* SPDX-License-Identifier: GPL-2.0-only */
/* What xl-bootfind takes out of menus of boot loaders, and that the sandbox is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bootfind/menu.h"
#include "bootfind/sandbox.h"
#include "fault.h"

static struct menu menu;

static int setup(void **state)
{
    (void)state;
    memset(&menu, 0, sizeof(menu));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_done(&menu.arena);
    return 0;
}

static int grub(const char *text)
{
    arena_done(&menu.arena);
    memset(&menu, 0, sizeof(menu));
    return menu_add_grub(&menu, text, strlen(text));
}

static void expect_entry(unsigned i, const char *title, const char *kernel, const char *args)
{
    assert_true(i < menu.count);
    assert_string_equal(menu.entries[i].title, title);
    assert_string_equal(menu.entries[i].kernel ? menu.entries[i].kernel : "none", kernel);
    assert_string_equal(menu.entries[i].args, args);
}

/* As Debian's update-grub writes it, in short. */
static const char debian[] =
    "if [ -s $prefix/grubenv ]; then\n  set have_grubenv=true\n  load_env\nfi\n"
    "if [ \"${next_entry}\" ] ; then\n   set default=\"${next_entry}\"\n   set next_entry=\n   save_env next_entry\n"
    "else\n   set default=\"1>0\"\nfi\n"
    "if [ x\"${feature_menuentry_id}\" = xy ]; then\n  menuentry_id_option=\"--id\"\nelse\n  menuentry_id_option=\"\"\nfi\n"
    "function savedefault {\n  if [ -z \"${boot_once}\" ]; then\n    saved_entry=\"${chosen}\"\n    save_env saved_entry\n  fi\n}\n"
    "function gfxmode {\n\tset gfxpayload=\"${1}\"\n}\n# linux /not/this\n"
    "menuentry 'Debian GNU/Linux' --class debian --class os $menuentry_id_option 'gnulinux-simple-ab' {\n"
    "\tload_video\n\tset root='hd0,msdos1'\n\techo\t'Loading Linux 6.1.0-9-amd64 ...'\n"
    "\tlinux\t/boot/vmlinuz-6.1.0-9-amd64 root=UUID=ab ro  quiet $vt_handoff\n\tinitrd\t/boot/initrd.img-6.1.0-9-amd64\n}\n"
    "submenu 'Advanced options' $menuentry_id_option 'gnulinux-advanced-ab' {\n"
    "\tmenuentry 'Debian, 6.1.0-8' --id 'six-eight' { linux ($root)/vmlinuz-8 \"one word\" two\\ words; initrd /a /b; }\n"
    "\tmenuentry 'Debian, recovery' {\n\t\tlinux /vmlinuz-8 single\n\t}\n}\n"
    "menuentry 'Xen' {\n multiboot2 /boot/xen.gz\n module2 /boot/vmlinuz\n}\n"
    "menuentry \"EFI\" { linuxefi /efi/vmlinuz a; initrdefi /efi/initrd; }\n";

static void debians_menu(void **state)
{
    (void)state;
    assert_int_equal(grub(debian), 0);
    assert_int_equal(menu.count, 6);
    expect_entry(0, "Debian GNU/Linux", "/boot/vmlinuz-6.1.0-9-amd64", "root=UUID=ab ro quiet");
    assert_string_equal(menu.entries[0].initrds[0], "/boot/initrd.img-6.1.0-9-amd64");
    assert_string_equal(menu.entries[0].id, "gnulinux-simple-ab");
    assert_true(menu.entries[1].submenu);
    expect_entry(2, "Debian, 6.1.0-8", "/vmlinuz-8", "\"one word\" two words");
    assert_int_equal(menu.entries[2].nr_initrds, 2);
    assert_int_equal(menu.entries[2].parent, 1);
    expect_entry(3, "Debian, recovery", "/vmlinuz-8", "single");
    expect_entry(4, "Xen", "none", "");
    expect_entry(5, "EFI", "/efi/vmlinuz", "a");
    assert_string_equal(menu.wanted, "1>0");
    assert_int_equal(menu_find(&menu, menu.wanted), 2);
    assert_false(menu.bls);
}

static void which_entry(void **state)
{
    static const struct {
        const char *wanted;
        int at;
    } cases[] = {
        { "0", 0 },  { "1", 2 },       { "1>1", 3 },   { "2", 4 },       { "9", -1 },
        { "", -1 },  { "1>9", -1 },    { "1>", -1 },   { "EFI", 5 },     { "gnulinux-advanced-ab>six-eight", 2 },
        { "six-eight", 2 },            { "Debian, recovery", 3 },        { "Advanced options>Debian, recovery", 3 },
        { "99999", -1 },               { "gnulinux-simple-ab", 0 },      { ">>>>", -1 },
    };

    (void)state;
    assert_int_equal(grub(debian), 0);
    for (unsigned i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        if (menu_find(&menu, cases[i].wanted) != cases[i].at)
            fail_msg("%s: %d", cases[i].wanted, menu_find(&menu, cases[i].wanted));
    assert_int_equal(grub("submenu a {\n}\nmenuentry 'a > b' {\n linux /k\n}\n"), 0);
    assert_int_equal(menu_find(&menu, "0"), -1);
    assert_int_equal(menu_find(&menu, "a > b"), 1);
}

static void settings(void **state)
{
    static const char env[] = "# GRUB Environment Block\nsaved_entry=two\nkernelopts=root=/dev/x\\ y ro\nempty=\n####################";
    static const char text[] = "set default=\"${saved_entry}\"\nset kernelopts=other\nset x=1; set x=2; set x=\n"
                               "menuentry one {\nset default=9\nlinux vmlinuz $kernelopts ${x}${none}$ '$x' \"\\$x\"\n}\n";

    (void)state;
    assert_int_equal(menu_add_env(&menu, env, sizeof(env) - 1), 0);
    assert_int_equal(menu_add_grub(&menu, text, sizeof(text) - 1), 0);
    assert_string_equal(menu.wanted, "two");
    expect_entry(0, "one", "/vmlinuz", "root=/dev/x y ro 2$ $x $x");
    assert_int_equal(grub("blscfg"), 0);
    assert_true(menu.bls);
}

static void bls(void **state)
{
    static const char entry[] = "# comment\ntitle Fedora Linux (6.5)\nversion 6.5\nlinux /vmlinuz-6.5\r\ninitrd /initramfs-6.5.img /more\n"
                                "options root=UUID=1 ro\n  options  quiet $tuned\ngrub_users $x\nbroken\n\n";
    static char large[MENU_WORD + 20] = "options ";

    (void)state;
    assert_int_equal(menu_add_bls(&menu, "fedora-6.5", entry, sizeof(entry) - 1), 0);
    expect_entry(0, "Fedora Linux (6.5)", "/vmlinuz-6.5", "root=UUID=1 ro quiet ");
    assert_int_equal(menu.entries[0].nr_initrds, 2);
    assert_int_equal(menu_find(&menu, "fedora-6.5"), 0);
    memset(large + 8, 'x', MENU_WORD + 10);
    assert_int_equal(menu_add_bls(&menu, "l", large, strlen(large)), -EINVAL);
    assert_string_equal(menu.error, "a line is longer than 4096 characters");
    memset(large + 3000, '\n', 1);
    memcpy(large + 3001, "options", 7);
    large[3008] = ' ';
    assert_int_equal(menu_add_bls(&menu, "l", large, strlen(large)), -EINVAL);
    assert_string_equal(menu.error, "options are longer than 4096 characters");
    assert_int_equal(menu_add_bls(&menu, "i", "initrd 1 2 3 4 5 6 7 8 9", 24), -EINVAL);
    assert_string_equal(menu.error, "more than 8 ramdisks");
}

static char *many(const char *piece, unsigned n)
{
    size_t len = strlen(piece);
    char *text = malloc(len * n + 1);

    for (unsigned i = 0; i < n; i++)
        memcpy(text + i * len, piece, len);
    text[len * n] = '\0';
    return text;
}

static void expect_refused(const char *piece, unsigned n, const char *why)
{
    char *text = many(piece, n);

    assert_int_equal(grub(text), -EINVAL);
    assert_string_equal(menu.error, why);
    free(text);
}

static void refused(void **state)
{
    (void)state;
    expect_refused("echo 'open\n", 1, "line 2: a quote that does not end");
    expect_refused("menuentry a {\n}\n", 257, "more than 256 entries");
    expect_refused("{ ", 17, "line 1: blocks that are nested more than 16 deep");
    expect_refused("x", 5000, "line 1: a word that is longer than 4095 characters");
    expect_refused("w ", 300, "line 1: a command of more than 256 words");
    expect_refused("echo\n", 300000, "larger than 1 MiB");
    expect_refused("menuentry a { initrd 1 2 3 4 5 6 7 8 9; }", 1, "line 1: more than 8 ramdisks");
    expect_refused("set a=bbbbbbbbbb;set c=$a$a$a$a$a$a$a$a$a$a;set d=$c$c$c$c$c$c$c$c$c$c;set e=$d$d$d$d$d\n", 1,
                   "line 1: a word that is longer than 4095 characters");
    expect_refused("set v=12345678901234567890;set v=$v$v$v$v$v$v$v$v$v$v;set v=$v$v$v$v$v$v$v$v$v$v;\nmenuentry a {\nlinux k $v $v $v\n}", 1,
                   "line 3: a command line that is longer than 4095 characters");
    assert_int_equal(menu_add_grub(&menu, "a\0b", 3), -EINVAL);
    assert_string_equal(menu.error, "line 1: a NUL in the text");
    assert_int_equal(grub(""), 0);
    for (unsigned i = 0; i < 300; i++) {
        char setting[20];

        snprintf(setting, sizeof(setting), "v%u=1\n", i);
        assert_int_equal(menu_add_env(&menu, setting, strlen(setting)), i < MENU_VARS ? 0 : -EINVAL);
    }
    assert_string_equal(menu.error, "more than 128 settings");
}

/* Odd ones, which are not wrong. */
static void tolerated(void **state)
{
    (void)state;
    assert_int_equal(grub("} } linux /k\nmenuentry {\n linux\n linux /k \\\n more # no\n}\nmenuentry\nset\nset =1\nset a\n''\n\\"), 0);
    assert_int_equal(menu.count, 1);
    expect_entry(0, "", "/k", "more");
    assert_int_equal(grub("menuentry a --id"), 0);
    assert_int_equal(grub("menuentry a --class x y --id=z {\nmenuentry b {\nlinux /inner\n}\nlinux /k a\"b c\"d\n}"), 0);
    assert_int_equal(menu.count, 1);
    assert_string_equal(menu.entries[0].id, "z");
    expect_entry(0, "a", "/k", "\"ab cd\"");
}

static void without_memory(void **state)
{
    static const char env[] = "saved_entry=1\n", entry[] = "title t\nlinux /k\ninitrd /r\noptions a\noptions b\n";
    unsigned nth = 1;
    int rc;

    (void)state;
    do {
        setup(NULL);
        fault_at(FAULT_ALLOC, nth++);
        rc = menu_add_env(&menu, env, sizeof(env) - 1);
        if (rc == 0)
            rc = menu_add_grub(&menu, debian, sizeof(debian) - 1);
        if (rc == 0)
            rc = menu_add_bls(&menu, "id", entry, sizeof(entry) - 1);
        assert_true(rc == 0 || menu.error[0]);
        arena_done(&menu.arena);
        assert_true(nth < 1000);
    } while (fault_happened(FAULT_ALLOC));
    fault_at(FAULT_ALLOC, 0);
    assert_int_equal(rc, 0);
    setup(NULL);
}

/* --- the sandbox --- */

/* What is asked for in there; the number of the first that was not refused. */
static int tries(bool apart)
{
    char byte;
    int fd;

    if (apart && (access("/etc/passwd", F_OK) == 0 || access("/proc/self", F_OK) == 0))
        return 1;
    fd = open(apart ? SANDBOX_DISK : "/dev/null", O_RDONLY);
    if (fd < 0 || (apart && read(fd, &byte, 1) != 1))
        return 2;
    if (open(apart ? SANDBOX_DISK : "/dev/null", O_WRONLY) >= 0 || open("/new", O_CREAT | O_WRONLY, 0600) >= 0)
        return 3;
    if (socket(AF_UNIX, SOCK_STREAM, 0) >= 0 || socket(AF_INET, SOCK_STREAM, 0) >= 0)
        return 4;
    if (fork() >= 0 || setuid(0) == 0 || chroot("/") == 0 || kill(getppid(), 0) == 0)
        return 5;
    return geteuid() == 65534 ? 0 : 6;
}

static void the_sandbox(void **state)
{
    char path[] = "/tmp/bootfind-XXXXXX";
    int fd = mkstemp(path), apart, status;
    const char *what = "";
    pid_t pid;

    (void)state;
    assert_int_equal(write(fd, "d", 1), 1);
    assert_int_equal(fchmod(fd, 0622), 0); /* others may write it, but not read it */
    uid_t uid = geteuid();
    gid_t gid = getegid();
    pid = sandbox_fork(&apart);
    assert_true(pid >= 0);
    if (pid == 0)
        _exit(sandbox_enter(path, fd, apart == 0, uid, gid, &what) || sandbox_close() ? 99 : tries(apart == 0));
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(fd);
    unlink(path);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
}

static void another_disk_than_was_opened(void **state)
{
    int fd = open("/dev/null", O_RDONLY), apart, status;
    const char *what = "";
    uid_t uid = geteuid();
    gid_t gid = getegid();
    pid_t pid = sandbox_fork(&apart);

    (void)state;
    if (pid == 0)
        _exit(apart ? 1 : sandbox_enter("/dev/zero", fd, true, uid, gid, &what) == -ESTALE);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(fd);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(debians_menu, setup, teardown), cmocka_unit_test_setup_teardown(which_entry, setup, teardown),
        cmocka_unit_test_setup_teardown(settings, setup, teardown),     cmocka_unit_test_setup_teardown(bls, setup, teardown),
        cmocka_unit_test_setup_teardown(refused, setup, teardown),      cmocka_unit_test_setup_teardown(tolerated, setup, teardown),
        cmocka_unit_test_setup_teardown(without_memory, setup, teardown),
        cmocka_unit_test(the_sandbox), cmocka_unit_test(another_disk_than_was_opened),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
