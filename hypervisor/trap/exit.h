/* SPDX-License-Identifier: GPL-2.0-only */
/* Guest exits in a form that is the same for every vendor, and the table of their handlers (exit.c). */
#ifndef XENOLITH_EXIT_H
#define XENOLITH_EXIT_H

#include "vcpu.h"

enum exit_reason {
    EXIT_INTERRUPT,   /* physical interrupt or NMI: taken by the CPU loop */
    EXIT_WINDOW,      /* the guest can take an interrupt now */
    EXIT_HYPERCALL,
    EXIT_CPUID,
    EXIT_HLT,
    EXIT_PAUSE,
    EXIT_MSR,
    EXIT_IO,
    EXIT_MMIO,        /* nested page fault */
    EXIT_CR8,         /* a write to it */
    EXIT_XSETBV,
    EXIT_CACHE,       /* INVD, WBINVD */
    EXIT_EXCEPTION,   /* intercepted exception, given back to the guest */
    EXIT_UNDEFINED,   /* instruction that guests do not have: #UD */
    EXIT_PRIVILEGE,   /* instruction that guests may not use: #GP */
    EXIT_SHUTDOWN,    /* triple fault */
    EXIT_INVALID,     /* the processor refused the state, or an exit nobody asked for */
    EXIT_COUNT,
};

struct exit {
    enum exit_reason reason;
    uint8_t length; /* of the instruction, where the exit was caused by one */
    union {
        struct {
            bool write;
        } msr;
        struct {
            uint16_t port;
            uint8_t size;
            bool in, string, rep;
            uint8_t address_size; /* of a string's address; 0: not told */
            uint64_t next_rip; /* 0: use length */
        } io;
        struct {
            gpaddr_t gpa;
            bool write, fetch, present;
            uint8_t nr_bytes, bytes[15]; /* of the instruction, when the processor offers them */
        } mmio;
        struct {
            uint8_t vector;
            bool has_error;
            uint32_t error;
        } exception;
        uint64_t raw[3]; /* INVALID: the vendor's code and information fields */
    };
};

/* Handle the exit of the current vCPU. */
void exit_handle(struct vcpu *v, const struct exit *e);

#endif
