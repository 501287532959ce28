# SPDX-License-Identifier: LGPL-2.1-only
# The libraries. A folder's sources make libNAME.a, what our programs link; libNAME_host.a, the same with the host tiers'
# flags, what unit tests link; and their names go into UTIL_FILES. Includes are "FOLDER/file.h".
include libs/base/local.mk
include libs/ctrl/local.mk
include libs/store/local.mk
include libs/toollog/local.mk
include libs/light/local.mk
include libs/light/xlu/local.mk
include libs/light/build/local.mk
