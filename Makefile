# SPDX-License-Identifier: GPL-2.0-only
#
# What people type; `make help` lists it. What kbuild reads is Kbuild.
#
# kbuild puts objects beside their sources. So that several strategies and kernels can be built from one clean checkout,
# each pair gets a directory below build/, filled with symbolic links to the sources, and kbuild runs there.

MAKEFLAGS += --no-print-directory
SHELL := /bin/bash

KERNEL ?= 6.12
BUILD ?= build
strategies := $(patsubst strategies/%/Kbuild,%,$(wildcard strategies/*/Kbuild))
kconfigs := Kconfig $(wildcard strategies/*/Kconfig)

help:
	@sed -nE 's/^#:( |$$)//p' Makefile

# on VALUE: empty for 0, too: QUICK=0 and HOST=0 are as if they were not there.
on = $(filter-out 0,$1)
host := $(call on,$(HOST))
quick := $(call on,$(QUICK))

#: make compare [EXACT=1]    benchmark every strategy and the kernel's own vfio in one boot of a VM; results in out/
#: make compare HOST=1 DEVICES="0000:01:00.0 ..."
#:                           the same on this machine itself, on devices that nothing uses
compare: $(if $(host),,setup)
	@$(if $(host),,vm/setup report)
	+@EXACT=$(EXACT) KERNEL=$(KERNEL) HOST=$(HOST) DEVICES="$(DEVICES)" KDIR="$(KDIR)" bench/compare

#: make report [BOOTS=10]    the whole benchmark in many boots, so that there are statistics; results in out/
report: $(if $(host),refuse-host,setup)
	@vm/setup report
	+@BOOTS=$(or $(BOOTS),10) KERNEL=$(KERNEL) bench/compare all

#: make revocation [EXACT=1] benchmark taking memory away and giving it back; results in out/revocation/
revocation: $(if $(host),,setup)
	+@EXACT=$(EXACT) KERNEL=$(KERNEL) bench/compare revocation

#: make check-exact          count instructions; fail if a count is not that of bench/counts/
check-exact: $(if $(host),refuse-host,setup)
	@vm/setup report
	+@EXACT=1 KERNEL=$(KERNEL) bench/compare
	@bench/baseline check

#: make baseline             count instructions, and keep the counts in bench/counts/
baseline: $(if $(host),refuse-host,setup)
	@vm/setup report
	+@EXACT=1 KERNEL=$(KERNEL) bench/compare
	@bench/baseline renew

refuse-host:
	@echo "make: HOST=1 is for make compare: a machine is not booted again by this, and counts no instructions" >&2; exit 1

#: make check                run the test suite, over every strategy where it matters
check: setup
	+@tests/run --kernel $(KERNEL) --strategy $(or $(STRATEGY),all)

#: make check-debug [QUICK=1]
#:                           all of it over every strategy, thoroughly, with two processors on a kernel that watches
#:                           memory, locks and objects; QUICK=1 takes one strategy and few rounds
check-debug: setup
	+@tests/run --kernel $(KERNEL)-debug --cpus 2 --memory 2G --strategy $(or $(STRATEGY),$(if $(quick),wrap-vmops,all)) \
		$(if $(quick),--effort 1 --silence 300,--each --effort 100 --silence 3600)

#: make check-kcsan [QUICK=1]
#:                           run the suites that race, with two processors, on a kernel that reports data races; QUICK=1
#:                           takes one strategy and few rounds
racing := interrupt_races fuzz $(sort $(basename $(notdir $(wildcard tests/suites/race_*.c))))
space := $(subst ,, )
comma := ,

check-kcsan: setup
	+@tests/run --kernel $(KERNEL)-kcsan --cpus 2 --memory 2G --suite $(subst $(space),$(comma),$(racing)) \
		--strategy $(or $(STRATEGY),$(if $(quick),pgoff-index,all)) $(if $(quick),--effort 1,--each) --silence 900

#: make check-bench          see that the benchmark's figures mean what they say
check-bench: setup
	@vm/setup report machines
	+@tests/bench/run

#: make conformance [CLIENT=name]
#:                           run VFIO clients that nobody here wrote on every strategy and on the kernel's own vfio
conformance: setup
	+@tests/conformance --kernel $(KERNEL) --strategy $(or $(STRATEGY),all) --client $(or $(CLIENT),all)

#: make static               judge the sources without running them
static: setup
	@vm/setup static
	+@tests/static

#: make proof                have Spin check the model of the revocation protocol, and that it finds each mistake
proof:
	@vm/setup proof
	@proof/run

#: make shell                look around in a VM: the module of .config loaded, a device bound
shell: setup
	@$(MAKE) modules guest
	@strategy='$(STRATEGY)'; vm/run --kernel $(KERNEL) --device edu --device ivshmem:64M \
		--strategy "$${strategy:-$$(sed -n 's/^CONFIG_VFIO_STRATEGY="\(.*\)"/\1/p' .config)}"

setup:
	@vm/setup base

#:
#: make modules [KDIR=tree]  build/<kernelrelease>/vfio-<strategy>.ko
#: make modules_install INSTALL_MOD_PATH=DIR [STRATEGY=name]
#:                           lay them out below DIR, so that `modprobe -d DIR vfio-pci` loads them
#: make guest                what runs in the guest's user space
#: make menuconfig | nconfig | defconfig | olddefconfig
#:                           choose the strategy
#: make clean                remove what was built
#:
#: KERNEL=6.1, 6.12 or 7.3 chooses the kernel (6.12); conformance and shell take 6.12 and 7.3 with -debug or -kcsan, too.
#: STRATEGY=name, all, stock or a list with commas chooses what is tested; modules takes a name or all, shell a name.
#:
#: vm/run --help             boot a VM by hand

ifndef RELEASE

guest: setup-guest

setup-guest:
	@vm/setup guest

modules_install: setup-install

setup-install:
	@vm/setup install

# First pass: find the kernel tree, then start over with its directory and release known.
modules modules_install guest defconfig olddefconfig menuconfig nconfig:
	@case '$(STRATEGY)' in \
	all | '' $(strategies:%=| %)) ;; \
	*) echo "make: no strategy '$(STRATEGY)': use all $(strategies:%=or %)" >&2; exit 1 ;; \
	esac
	@kdir=$$(vm/kdir '$(KERNEL)' '$(KDIR)') || exit; \
	mkdir -p $(BUILD) && flock $(BUILD) \
	$(MAKE) $(if $(findstring -j,$(MAKEFLAGS)),,-j$$(nproc)) $@ KDIR="$$kdir" \
		RELEASE="$$(sed -n 's/^#define UTS_RELEASE "\(.*\)"/\1/p' "$$kdir/include/generated/utsrelease.h")"

else

out := $(BUILD)/$(RELEASE)
ifneq ($(filter modules modules_install,$(MAKECMDGOALS)),)
include .config
endif
chosen := $(or $(STRATEGY:all=$(strategies)),$(CONFIG_VFIO_STRATEGY:"%"=%))

# conf MODE CONFIG DIR: runs the kernel's conf on CONFIG. It writes more than that: all of it goes to DIR/include/config.
define conf
	@mkdir -p $3/include/config
	@cd $3/include/config && \
		KCONFIG_CONFIG=$(abspath $2) KCONFIG_AUTOCONFIG=auto.conf KCONFIG_AUTOHEADER=autoconf.h \
		KCONFIG_RUSTCCFG=rustc_cfg srctree=$(CURDIR) $(KDIR)/scripts/kconfig/conf -s --$1 Kconfig
endef

modules: $(chosen:%=$(out)/vfio-%.ko) $(chosen:%=$(out)/vfio-test-drivers-%.ko) $(chosen:%=$(out)/names/%/vfio-pci.ko) \
	$(out)/vfio-floor.ko $(addprefix $(out)/,config-overlay.ko region-claim.ko slow-reset.ko needs-reset.ko)

# The strategy's module and those of the kernel's names, as modprobe finds them.
modules_install: modules
	@vm/install-modules '$(INSTALL_MOD_PATH)' $(RELEASE) $(out) $(chosen)

.config: $(kconfigs)
	$(call conf,olddefconfig,$@,$(BUILD))
	@touch $@

defconfig:
	$(call conf,alldefconfig,.config,$(BUILD))

olddefconfig:
	$(call conf,olddefconfig,.config,$(BUILD))

menuconfig nconfig: tool = kconfig-$(patsubst %config,%conf,$(@:menu%=m%))
menuconfig nconfig:
	@vm/setup menu
	@$(tool) Kconfig

# The strategy's own configuration: .config with this strategy chosen.
$(out)/%/.config: .config
	@mkdir -p $(@D)
	@grep -v 'CONFIG_VFIO_STRATEGY' .config > $@ || true
	@echo 'CONFIG_VFIO_STRATEGY_$(shell tr a-z- A-Z_ <<< $*)=y' >> $@
	$(call conf,olddefconfig,$@,$(@D))
	@grep -qx 'CONFIG_VFIO_STRATEGY="$*"' $@ || { rm $@; echo "make: Kconfig does not know '$*'" >&2; exit 1; }

$(out)/%/include/config/auto.conf: $(out)/%/.config
	$(call conf,syncconfig,$<,$(out)/$*)

# build SOURCES DIR NAME: links SOURCES into DIR, runs kbuild there, brings out the module. BTF would need pahole and
# the kernel's vmlinux.
define build
	@mkdir -p $2
	@cp -rsf $1 $2
	@find $2 -xtype l -delete
	+@$(MAKE) -C $(KDIR) M=$(abspath $2) CC=$(CC) CONFIG_DEBUG_INFO_BTF_MODULES= modules
	@cmp -s $2/$3.ko $@ || cp $2/$3.ko $@
endef

$(out)/vfio-%.ko: $(out)/%/include/config/auto.conf FORCE
	@mkdir -p $(out)/$*/strategies $(out)/$*/tests
	@cp -rsf $(CURDIR)/strategies/$* $(out)/$*/strategies
	@cp -rsf $(CURDIR)/tests/drivers $(out)/$*/tests
	$(call build,$(CURDIR)/Kbuild $(CURDIR)/common,$(out)/$*,vfio-$*)

# Built along with the strategy's module, as it needs that one's symbols.
$(out)/vfio-test-drivers-%.ko: $(out)/vfio-%.ko FORCE
	@cmp -s $(out)/$*/$(@F) $@ || cp $(out)/$*/$(@F) $@

# Modules with the names of the kernel's own; each strategy has some that need it.
$(out)/names/%/vfio-pci.ko: $(out)/vfio-%.ko FORCE
	@mkdir -p $(@D)
	@for name in vfio vfio-pci vfio_iommu_type1; do \
		cmp -s $(out)/$*/common/names/$$name.ko $(@D)/$$name.ko || \
			cp $(out)/$*/common/names/$$name.ko $(@D)/ || exit; \
	done

$(out)/vfio-floor.ko: FORCE
	$(call build,$(wildcard $(CURDIR)/bench/floor/*) $(addprefix $(CURDIR)/common/,compat.h Kbuild.compat),$(out)/floor,vfio-floor)

$(out)/config-overlay.ko: FORCE
	$(call build,$(wildcard $(CURDIR)/tests/overlay/*),$(out)/overlay,config-overlay)

# Built along with that one.
$(addprefix $(out)/,region-claim.ko slow-reset.ko needs-reset.ko): $(out)/config-overlay.ko FORCE
	@cmp -s $(out)/overlay/$(@F) $@ || cp $(out)/overlay/$(@F) $@

# User space is compiled against the target kernel's interface, which the host's own headers may lag behind.
uapi := $(firstword $(wildcard $(KDIR)/source/include/uapi/linux $(KDIR)/include/uapi/linux \
	$(KDIR:%-amd64=%-common)/include/uapi/linux))
uapi_headers := vfio.h stddef.h

guest:
	@mkdir -p $(out)/uapi/linux
	@cd $(KDIR) && for header in $(uapi_headers); do \
		installed=$(abspath $(out))/uapi/linux/$$header; \
		scripts/headers_install.sh $(uapi)/$$header $$installed.new || exit; \
		cmp -s $$installed.new $$installed || mv $$installed.new $$installed || exit; \
	done
	@for dir in bench tests; do \
		$(MAKE) -C $$dir OUT=$(abspath $(out))/guest UAPI_CFLAGS=-I$(abspath $(out))/uapi || exit; \
	done

endif

clean:
	rm -rf $(BUILD)

FORCE:
.PHONY: FORCE help compare report revocation check-exact baseline refuse-host check check-debug check-kcsan check-bench conformance static proof shell setup setup-guest setup-install modules modules_install guest defconfig olddefconfig menuconfig nconfig clean
.SECONDARY:
