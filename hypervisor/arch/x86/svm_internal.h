/* SPDX-License-Identifier: GPL-2.0-only */
/* Shared by the svm_*.c files only. */
#ifndef XENOLITH_SVM_INTERNAL_H
#define XENOLITH_SVM_INTERNAL_H

#include "svm.h"

struct vcpu;

void svm_run(struct vcpu *v);
/* svm_inject.c: the guest is about to execute an IRET while NMIs are held back. */
void svm_nmi_iret(struct vcpu *v);

#endif
