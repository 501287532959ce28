/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * cfg_driver FILE...: what libxlutil says of each configuration, with whichever library it is run: one line for each
 * answer of each function about each word that occurs in the file. Or files have a line for each question: `-c` a
 * configuration, with \n, \t, \xHH and \\ in it, `-d` a disk, `-r` a vif's rate, `-p` a PCI device, `-m` reserved memory. `-v`:
 * also what the library reports.
 */
#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <libxlutil.h>

static FILE *report; /* what the library says of errors */

static void print_text(const char *s)
{
    if (!s) {
        fputs("(null)", stdout);
        return;
    }
    putchar('"');
    for (; *s; s++)
        if (isprint((unsigned char)*s) && *s != '"' && *s != '\\')
            putchar(*s);
        else
            printf("\\x%02x", (unsigned char)*s);
    putchar('"');
}

static void print_list(XLU_Config *cfg, XLU_ConfigList *list)
{
    XLU_ConfigValue *value;

    fputs("[", stdout);
    for (int i = 0; (value = xlu_cfg_get_listitem2(list, i)); i++) {
        XLU_ConfigList *inner = NULL;
        char *text = NULL;
        enum XLU_ConfigValueType type = xlu_cfg_value_type(value);
        int as_text = xlu_cfg_value_get_string(cfg, value, &text, 1);
        int as_list = xlu_cfg_value_get_list(cfg, value, &inner, 1);

        printf(" %d:%d,%d:", type, as_text, as_list);
        if (!as_text)
            print_text(text);
        if (!as_list)
            print_list(cfg, inner);
        fputs(xlu_cfg_get_listitem(list, i) ? "" : " (not text)", stdout);
    }
    fputs(" ]", stdout);
}

static void ask(XLU_Config *cfg, const char *name)
{
    const char *text = NULL;
    char *copy = NULL;
    XLU_ConfigList *list = NULL;
    libxl_string_list strings = NULL;
    libxl_defbool truth = { 0 };
    long number = -1;
    int entries = -1;

    if (xlu_cfg_get_string(cfg, name, &text, 1) == ESRCH && xlu_cfg_get_list(cfg, name, NULL, NULL, 1) == ESRCH)
        return;
    printf("%s string %d ", name, xlu_cfg_get_string(cfg, name, &text, 0));
    print_text(text);
    printf(" replace %d ", xlu_cfg_replace_string(cfg, name, &copy, 1));
    print_text(copy);
    free(copy);
    printf(" long %d", xlu_cfg_get_long(cfg, name, &number, 0));
    printf(" %ld", number);
    number = -1;
    printf(" bounded %d", xlu_cfg_get_bounded_long(cfg, name, 0, 100, &number, 0));
    printf(" %ld", number);
    printf(" defbool %d", xlu_cfg_get_defbool(cfg, name, &truth, 0));
    printf(" %d", truth.val);
    printf(" list %d", xlu_cfg_get_list(cfg, name, &list, &entries, 0));
    printf(" %d ", entries);
    if (list)
        print_list(cfg, list);
    printf(" strings %d", xlu_cfg_get_list_as_string_list(cfg, name, &strings, 1));
    for (char **s = strings; s && *s; s++) {
        putchar(' ');
        print_text(*s);
        free(*s);
    }
    free(strings);
    putchar('\n');
}

/* Each word of the text once, as a name. */
static void ask_all(XLU_Config *cfg, const char *data, size_t n)
{
    char *seen = strdup(" ");
    char word[128];

    for (size_t i = 0; i < n;) {
        size_t len = 0;

        while (i + len < n && (isalnum((unsigned char)data[i + len]) || data[i + len] == '_'))
            len++;
        if (len && len < sizeof(word) - 2) {
            snprintf(word, sizeof(word), " %.*s ", (int)len, data + i);
            if (!strstr(seen, word)) {
                char *more = realloc(seen, strlen(seen) + len + 2);

                if (!more)
                    abort();
                seen = strcat(more, word + 1);
                word[len + 1] = '\0';
                ask(cfg, word + 1);
            }
        }
        i += len + 1;
    }
    free(seen);
}

static size_t unescape(char *s)
{
    char *to = s, *start = s;

    while (*s) {
        char byte[3] = { s[0] && s[1] ? s[2] : 0, s[0] && s[1] && s[2] ? s[3] : 0, 0 };

        if (*s != '\\' || !s[1]) {
            *to++ = *s++;
            continue;
        }
        *to++ = s[1] == 'n' ? '\n' : s[1] == 't' ? '\t' : s[1] == 'x' ? (char)strtol(byte, NULL, 16) : s[1];
        s += s[1] == 'x' ? 4 : 2;
    }
    return (size_t)(to - start);
}

static void config_read(XLU_Config *cfg, const char *data, size_t n)
{
    int status = xlu_cfg_readdata(cfg, data, (int)n);

    printf("%d\n", status);
    if (!status)
        ask_all(cfg, data, n);
}

static void line_config(XLU_Config *cfg, const char *line)
{
    char *data = strdup(line);

    (void)cfg; /* each has its own */
    cfg = xlu_cfg_init(report, "a line");
    config_read(cfg, data, unescape(data));
    xlu_cfg_destroy(cfg);
    free(data);
}

static void file_config(const char *path, char *data, size_t n)
{
    XLU_Config *cfg = xlu_cfg_init(report, "a file");

    printf("%s: ", path);
    config_read(cfg, data, n);
    xlu_cfg_destroy(cfg);
    free(data);
}

static void print_disk(const libxl_device_disk *d)
{
    printf(" target ");
    print_text(d->pdev_path);
    printf(" vdev ");
    print_text(d->vdev);
    printf(" backend ");
    print_text(d->backend_domname);
    printf(" script ");
    print_text(d->script);
    printf(" backendtype %d format %d removable %d rw %d cdrom %d safe %d discard %d", d->backend, d->format, d->removable,
           d->readwrite, d->is_cdrom, d->direct_io_safe, d->discard_enable.val);
    printf(" colo %d port %d ", d->colo_enable.val, d->colo_port);
    print_text(d->colo_host);
    print_text(d->colo_export);
    print_text(d->active_disk);
    print_text(d->hidden_disk);
    printf(" specification %d transport %d trusted %d backend %u", d->specification, d->transport, d->trusted.val,
           d->backend_domid);
}

static void line_disk(XLU_Config *cfg, const char *line)
{
    libxl_device_disk d = { 0 };
    int status = xlu_disk_parse(cfg, 1, &line, &d);

    printf("%d", status);
    if (!status)
        print_disk(&d);
    free(d.pdev_path);
    free(d.vdev);
    free(d.backend_domname);
    free(d.script);
    free(d.colo_host);
    free(d.colo_export);
    free(d.active_disk);
    free(d.hidden_disk);
}

static void line_rate(XLU_Config *cfg, const char *line)
{
    libxl_device_nic nic = { 0 };
    int status;

    errno = 0; /* stock takes one that is left for its own */
    status = xlu_vif_parse_rate(cfg, line, &nic);
    printf("%d %llu %u", status, (unsigned long long)nic.rate_bytes_per_interval, nic.rate_interval_usecs);
}

static void print_pci(int status, const libxl_device_pci *p)
{
    printf("%d", status);
    if (!status)
        printf(" %x %02x:%02x.%x mask %x vdevfn %x msi %d power %d permissive %d seize %d rdm %d name ", p->domain, p->bus,
               p->dev, p->func, p->vfunc_mask, p->vdevfn, p->msitranslate, p->power_mgmt, p->permissive, p->seize,
               p->rdm_policy);
    if (!status)
        print_text(p->name);
}

static void line_pci(XLU_Config *cfg, const char *line)
{
    libxl_device_pci a = { 0 };
    libxl_device_pci b = { 0 };
    int status = xlu_pci_parse_bdf(cfg, &a, line);

    print_pci(status, &a);
    fputs(" spec ", stdout);
    print_pci(xlu_pci_parse_spec_string(cfg, &b, line), &b);
    free(b.name);
}

static void line_rdm(XLU_Config *cfg, const char *line)
{
    libxl_rdm_reserve rdm = { 0 };
    int status = xlu_rdm_parse(cfg, &rdm, line);

    printf("%d %d %d", status, rdm.strategy, rdm.policy);
}

/* Each question in a process of its own: stock dies of some. */
static void file_lines(char *data, void (*line)(XLU_Config *, const char *))
{
    for (char *s = strtok(data, "\n"); s; s = strtok(NULL, "\n")) {
        int status = 0;
        pid_t pid;

        printf("? %s\n", s);
        fflush(stdout);
        pid = fork();
        if (!pid) {
            XLU_Config *cfg = xlu_cfg_init(report, "a line");

            line(cfg, s);
            xlu_cfg_destroy(cfg);
            free(data);
            exit(0);
        }
        if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
            printf("died");
        putchar('\n');
    }
    free(data);
}

static char *file_read(const char *path, size_t *ret_n)
{
    char *data = malloc(1 << 20);
    FILE *f = fopen(path, "r");

    if (!f || !data) {
        perror(path);
        exit(2);
    }
    *ret_n = fread(data, 1, (1 << 20) - 1, f);
    data[*ret_n] = '\0';
    fclose(f);
    return data;
}

int main(int argc, char **argv)
{
    void (*line)(XLU_Config *, const char *) = NULL;

    for (int i = 1; i < argc; i++) {
        size_t n;
        char *data;

        if (argv[i][0] == '-') {
            report = strchr(argv[i], 'v') ? stdout : report;
            line = strchr(argv[i], 'c')   ? line_config
                   : strchr(argv[i], 'd') ? line_disk
                   : strchr(argv[i], 'r') ? line_rate
                   : strchr(argv[i], 'p') ? line_pci
                   : strchr(argv[i], 'm') ? line_rdm
                                          : line;
            continue;
        }
        if (!report)
            report = fopen("/dev/null", "w");
        data = file_read(argv[i], &n);
        if (line)
            file_lines(data, line);
        else
            file_config(argv[i], data, n);
    }
    return 0;
}
