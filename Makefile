# crm-tools. `make help` lists the targets.
#
# Programs are built into build/bin, beside build/share/crm-tools with the channels and
# reports: the same layout as installed, so that a program finds its data from where it
# lies. VARIANT=asan keeps its own folder.

PREFIX  ?= /usr/local
BINDIR  ?= $(PREFIX)/bin
DATADIR ?= $(PREFIX)/share/crm-tools
MANDIR  ?= $(PREFIX)/share/man
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions

VERSION := $(shell cat VERSION)
BUILD   ?= build
CC      ?= gcc
CXX     ?= g++
CFLAGS  ?= -O2 -g
CXXFLAGS ?= $(CFLAGS)
WARN    := -Wall -Wextra -Wstrict-prototypes -Wmissing-prototypes -Wshadow -Wvla \
           -Wwrite-strings -Wundef -Wformat=2 -Wpointer-arith
# Warnings are errors for those who work on the code; WERROR= for everyone else's compiler.
WERROR  ?= -Werror

PKGS    := sqlite3 libsodium icu-uc icu-i18n uchardet gmime-3.0 libcurl libxml-2.0 libzip libcmark
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS))
PKG_LIBS := $(shell pkg-config --libs $(PKGS))
ALL_CFLAGS = -std=gnu11 $(WARN) $(WERROR) -Ilib -Icmd -I$(BUILD) -DCRM_VERSION='"$(VERSION)"' \
           -D_GNU_SOURCE -pthread $(PKG_CFLAGS) $(CFLAGS)
ALL_CXXFLAGS = -std=c++17 -Wall -Wextra $(WERROR) -Ilib -pthread $(PKG_CFLAGS) $(CXXFLAGS)
LIBS    := $(PKG_LIBS) -lcsv -lstemmer -lphonenumber -lprotobuf -lstdc++ -lm -pthread

LIB_C   := $(wildcard lib/*/*.c)
LIB_CXX := $(wildcard lib/*/*.cpp)
SCHEMA  := $(sort $(wildcard lib/store/schema/*.sql))
# Parts that programs share, or that one of them has in a file of its own.
CMD_PARTS := $(addprefix cmd/,cli.c cgi.c filter.c notify.c office.c) \
             $(wildcard cmd/dedupe_*.c cmd/linkage_*.c cmd/reply_*.c)
CMDS    := $(patsubst cmd/%.c,%,$(filter-out $(CMD_PARTS),$(wildcard cmd/*.c)))
UNIT    := $(patsubst tests/unit/%.c,%,$(wildcard tests/unit/*.c))
TOOLS   := $(patsubst tests/tools/%.c,%,$(wildcard tests/tools/*.c))
FUZZERS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/*.c))
MAN     := $(wildcard man/*.[1-8])

LIB_O   := $(LIB_C:%.c=$(BUILD)/%.o) $(LIB_CXX:%.cpp=$(BUILD)/%.o) $(BUILD)/schema.o $(BUILD)/nicknames.o
BIN     := $(CMDS:%=$(BUILD)/bin/%)
SHARE   := $(BUILD)/share/crm-tools

all: $(BIN) $(SHARE)/channels $(SHARE)/reports $(SHARE)/rules $(SHARE)/templates $(SHARE)/linkage

help:
	@sed -n 's/^## //p' Makefile
## make            build the commands into build/bin
## make check      all tests that run in minutes
## make check-slow the heavier ones: real data sets, kill -9, sizes
## make asan       the tests again under the address and undefined-behaviour sanitizers
## make fuzz       each fuzzer for FUZZ_SECONDS (20)
## make bench      measure the main jobs against their floors and peers
## make bench-link measure linkage, against Splink where that is installed
## make er         how well people are found, on the labelled sets in ER_DATA
## make lint       formatting, man pages, shell scripts
## make cover      line coverage of the tests
## make install    into PREFIX (/usr/local), DESTDIR before it
## make dist       a release tarball

$(BUILD)/%.o: %.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/%.o: %.cpp
	@mkdir -p $(@D)
	$(CXX) $(ALL_CXXFLAGS) -MMD -MP -c -o $@ $<

# The schema's steps as C strings, so that a program and the schema it knows are one.
$(BUILD)/schema.c: $(SCHEMA)
	@mkdir -p $(@D)
	@{ echo '#include "store/schema.h"'; \
	   echo 'const char *const crm_schema[] = {'; \
	   for f in $(SCHEMA); do sed 's/[\\"]/\\&/g; s/.*/"&\\n"/' $$f; echo ','; done; \
	   echo '};'; \
	   echo 'const int crm_schema_steps = sizeof(crm_schema) / sizeof(crm_schema[0]);'; } > $@

# Forms of names as a C string, for what compares names without a configuration at hand.
$(BUILD)/nicknames.c: lib/linkage/nicknames
	@mkdir -p $(@D)
	@{ echo '#include "norm/nickname.h"'; echo 'const char crm_nicknames_text[] ='; \
	   sed 's/.*/"&\\n"/' $<; echo ';'; } > $@

$(BUILD)/schema.o $(BUILD)/nicknames.o: %.o: %.c
	$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(BUILD)/libcrm.a: $(LIB_O)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/libcmd.a: $(CMD_PARTS:%.c=$(BUILD)/%.o)
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/bin/%: $(BUILD)/cmd/%.o $(BUILD)/libcmd.a $(BUILD)/libcrm.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

$(SHARE)/%: | lib/%
	@mkdir -p $(@D)
	ln -sfn $(abspath lib/$*) $@

$(BUILD)/unit/%: $(BUILD)/tests/unit/%.o $(BUILD)/libcrm.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

# Programs that tests call.
$(BUILD)/tools/%: $(BUILD)/tests/tools/%.o $(BUILD)/libcrm.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)

tools: $(TOOLS:%=$(BUILD)/tools/%)
unit: $(UNIT:%=$(BUILD)/unit/%)

check: all unit tools
	BUILD=$(BUILD) prove -j2 $(PROVE_FLAGS) tests/*.t $(UNIT:%=$(BUILD)/unit/%)

check-slow: all
	BUILD=$(BUILD) prove $(PROVE_FLAGS) tests/slow/*.t

ER_DATA ?= ../shared/data/er
er: all
	BUILD=$(BUILD) scripts/er $(ER_FLAGS) $(ER_DATA)

## make accept     rewrite what tests/cases expect (read the diff!)
accept: all
	ACCEPT=1 BUILD=$(BUILD) tests/cases.t

SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
asan:
	$(MAKE) BUILD=build/asan CFLAGS="-O1 -g $(SANITIZE)" LDFLAGS="$(SANITIZE)" check

FUZZ_SECONDS ?= 20
fuzz:
	$(MAKE) BUILD=build/fuzz CC=clang CXX=clang++ WERROR= \
	  CFLAGS="-O1 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=undefined" fuzzers
	scripts/fuzz build/fuzz/fuzz $(FUZZ_SECONDS)
fuzzers: $(FUZZERS:%=$(BUILD)/fuzz/%)
$(BUILD)/fuzz/%: $(BUILD)/tests/fuzz/%.o $(BUILD)/libcrm.a
	@mkdir -p $(@D)
	$(CXX) $(CFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS) -ljansson # the oracle

bench: all $(BUILD)/bench/floor $(BUILD)/bench/mail $(BUILD)/bench/smtp $(BUILD)/bench/rule $(BUILD)/bench/route
	BUILD=$(BUILD) scripts/bench
$(BUILD)/bench/mail $(BUILD)/bench/smtp $(BUILD)/bench/rule $(BUILD)/bench/route: $(BUILD)/bench/%: $(BUILD)/tests/bench/%.o $(BUILD)/libcrm.a
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(LIBS)
$(BUILD)/bench/floor: tests/bench/floor.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $< -lsqlite3 -lcsv

bench-link: all $(BUILD)/bench/link
	BUILD=$(BUILD) scripts/bench-link
$(BUILD)/bench/link: tests/bench/link.c
	@mkdir -p $(@D)
	$(CC) $(ALL_CFLAGS) -o $@ $< -lsqlite3

lint:
	clang-format --dry-run -Werror $(wildcard cmd/*.[ch] lib/*/*.[ch] lib/*/*.cpp tests/*/*.[ch])
	mandoc -Tlint -Wwarning $(MAN)
	shellcheck -x -S warning $$(grep -slE '^#!.*\b(sh|bash)$$' scripts/* tests/*.t tests/slow/*.t .ci/run) tests/lib.sh

cover:
	$(MAKE) BUILD=build/cover CFLAGS="-O0 -g --coverage" LDFLAGS=--coverage check
	gcovr --root . --filter 'lib/|cmd/' --print-summary build/cover | tail -n 30

install: all
	install -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(DATADIR)/channels $(DESTDIR)$(DATADIR)/reports \
	  $(DESTDIR)$(DATADIR)/rules $(DESTDIR)$(DATADIR)/templates/partials $(DESTDIR)$(DATADIR)/linkage
	install -m 755 $(BIN) $(DESTDIR)$(BINDIR)
	install -m 644 lib/channels/* $(DESTDIR)$(DATADIR)/channels
	install -m 644 lib/reports/* $(DESTDIR)$(DATADIR)/reports
	install -m 644 lib/rules/* $(DESTDIR)$(DATADIR)/rules
	install -m 644 lib/linkage/* $(DESTDIR)$(DATADIR)/linkage
	install -m 644 lib/templates/*.* $(DESTDIR)$(DATADIR)/templates
	install -m 644 lib/templates/partials/* $(DESTDIR)$(DATADIR)/templates/partials
	for m in $(MAN); do s=$${m##*.}; install -d $(DESTDIR)$(MANDIR)/man$$s; \
	  install -m 644 $$m $(DESTDIR)$(MANDIR)/man$$s; done
	install -d $(DESTDIR)$(BASHCOMPDIR)
	scripts/completion $(BUILD)/bin > $(DESTDIR)$(BASHCOMPDIR)/crm
	for c in $(filter-out crm,$(CMDS)); do ln -sf crm $(DESTDIR)$(BASHCOMPDIR)/$$c; done

dist:
	git archive --prefix=crm-tools-$(VERSION)/ -o crm-tools-$(VERSION).tar.gz HEAD

clean:
	rm -rf build crm-tools-*.tar.gz

-include $(shell find $(BUILD) -name '*.d' 2>/dev/null)
.PHONY: all help unit tools check accept check-slow er asan fuzz fuzzers bench bench-link lint cover install dist clean
.SECONDARY:
