# SPDX-License-Identifier: LGPL-2.1-only
light_public_headers = \
	libs/light/include/_libxl_api_compat.h \
	libs/light/include/_libxl_have.h \
	libs/light/include/_libxl_types.h \
	libs/light/include/_libxl_types_device.h \
	libs/light/include/_libxl_types_domain.h \
	libs/light/include/_libxl_types_enum.h \
	libs/light/include/_libxl_types_host.h \
	libs/light/include/_libxl_types_json.h \
	libs/light/include/_libxl_types_list.h \
	libs/light/include/libxl.h \
	libs/light/include/libxl_event.h \
	libs/light/include/libxl_json.h \
	libs/light/include/libxl_utils.h \
	libs/light/include/libxl_uuid.h \
	libs/light/include/libxlutil.h
light_tables = \
	libs/light/enums.def \
	libs/light/types_device.def \
	libs/light/types_domain.def \
	libs/light/types_host.def
include_HEADERS += $(light_public_headers)
EXTRA_DIST += $(light_tables)
