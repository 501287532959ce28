# SPDX-License-Identifier: GPL-2.0-only
# `make bench`: what things cost on our hypervisor and on stock Xen, in instructions; writes docs/performance.md.
BENCH = bench/micro.elf bench/tiny.elf bench/pair.elf bench/elapsed

bench/%.elf: bench/%/main.c $(GUEST_DEPS)
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) -I$(srcdir)/hypervisor/include -I$(srcdir)/tests/guest/common $(GUEST_CFLAGS) \
		$(BENCH_LDFLAGS) $< $(GUEST_COMMON:%=$(srcdir)/%) -T $(srcdir)/tests/guest/common/guest.lds -o $@
bench/tiny.elf: BENCH_LDFLAGS = -Wl,--defsym=guest_base=0x100000 -Wl,-s
bench/pair.elf: bench/pair/main.c $(DOMU_DEPS)
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) -I$(srcdir)/hypervisor/include -I$(srcdir)/tests/guest/common $(GUEST_CFLAGS) \
		$< $(srcdir)/tests/guest/common/start.S $(srcdir)/tests/guest/common/lib.c $(srcdir)/tests/guest/common/domu.c \
		-Wl,--defsym=guest_base=0x100000 -T $(srcdir)/tests/guest/common/guest.lds -o $@
bench/elapsed: bench/elapsed.c
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) $(WARNINGS) -O2 -D_GNU_SOURCE -static $< -o $@

bench/store-bench: bench/store/main.c bench/store/common.h libs/store/libxenstore.so.4
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) $(WARNINGS) -O2 -D_GNU_SOURCE -I$(srcdir)/libs/store/include $(filter-out %.h,$^) -o $@

bench/store-scale: bench/store/scale.c bench/store/common.h libs/store/libxenstore.so.4
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) $(WARNINGS) -O2 -D_GNU_SOURCE -I$(srcdir)/libs/store/include $(filter-out %.h,$^) -lpthread -o $@
bench/store-read: bench/store/read.c bench/store/common.h $(xenstored_sources) libs/ctrl/libctrl.a libs/store/libstore.a libs/base/libbase.a
	$(AM_V_CCLD)$(MKDIR_P) $(@D) && $(CC) $(WARNINGS) -O2 -g -D_GNU_SOURCE $(UTIL_CPPFLAGS) $(filter-out %.h,$^) -o $@

bench: all $(BENCH)
	$(AM_V_at)XENOLITH_BUILD='$(abs_builddir)' $(srcdir)/bench/run --write $(srcdir)/docs/performance.md
# The store's daemons beside one another.
bench-store: all bench/store-bench bench/store-scale bench/store-read
	$(AM_V_at)SOAK=1 $(srcdir)/tests/xenstored/scale.sh
	$(AM_V_at)XENOLITH_BUILD='$(abs_builddir)' $(srcdir)/bench/store.sh
# xl, stock's and ours.
bench-toolstack: all bench/tiny.elf bench/elapsed
	$(AM_V_at)XENOLITH_BUILD='$(abs_builddir)' $(srcdir)/bench/toolstack.sh
.PHONY: bench bench-store bench-toolstack
EXTRA_DIST += bench
CLEANFILES += $(BENCH) bench/store-bench bench/store-scale bench/store-read
