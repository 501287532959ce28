# SPDX-License-Identifier: LGPL-2.1-only
include_HEADERS += libs/toollog/include/xentoollog.h
