# SPDX-License-Identifier: GPL-2.0-only
# What each strategy is to reach, and whether it does, from samples.json. Every
# goal compares what the strategy takes for an operation with something else:
# their ratio, or how many instructions more. Where there are several sizes the
# worst counts.
include "medians";

def sizes: { "4K": 4096, "64K": 65536, "2M": 2097152, "16M": 16777216,
	     "64M": 67108864, "256M": 268435456, "1G": 1073741824,
	     "4G": 4294967296,
	     "100": 100, "1000": 1000, "10000": 10000 };

# Registers of config space that are written to, and all that are read.
def written: ["command", "BAR", "line", "PM", "PCIe", "MSI-X"];
def registers: written + ["vendor", "status", "header", "extended"];

# of: operation, memory, sizes; or operation and names, of what has no sizes.
# against: the same of another column, unless it
# names other ones. Either the ratio is at most, or 1 / ratio at least.
def latency_goals($exact):
	# "No more": counts are exact, times carry noise.
	(if $exact then 1 else 1.05 end) as $no_more |
	# Since Linux 6.15 stock asks for page frames by the huge page.
	(.environment.kernel | test("^6\\.([0-9]|1[0-4])\\.")) as $by_pages |

	{ what: "DMA map of 4 GiB, not touched",
	  of: ["map-cold", "bar", ["4G"]],
	  against: { column: "stock" }, least: (if $by_pages then 10000 else 2 end) },
	(select($by_pages) |
	 { what: "DMA map of 2 MiB, not touched",
	   of: ["map-cold", "bar", ["2M"]],
	   against: { column: "stock" }, least: 10 }),
	(["map-cold", "DMA map of 4 GiB, not touched"], ["unmap", "DMA unmap of 4 GiB"] |
	{ what: .[1], of: [.[0], "bar", ["4G"]],
	  against: { column: "iommufd" }, most: $no_more }),
	{ what: "DMA unmap of 4 GiB",
	  of: ["unmap", "bar", ["4G"]],
	  against: { column: "stock" }, least: 2000 },

	# 4,096 and 65,536 page-table entries are written. An unmap writes
	# few: it drops whole tables.
	{ what: "DMA map, IOVA aligned to 4 KiB only",
	  of: ["map-cold", "bar-iova4k", ["16M", "256M"]],
	  against: { column: "floor" }, most: 1.3 },

	{ what: "DMA map, VA aligned to 4 KiB only",
	  of: ["map-cold", "bar-va4k", ["2M", "16M", "256M"]],
	  against: { memory: "bar" }, most: $no_more },

	(if $exact then
		{ what: "DMA map of 4 GiB, not touched",
		  of: ["map-cold", "bar", ["4G"]],
		  against: { column: "stock", op: "map-warm", size: "4K" },
		  most: 1 },
		{ what: "DMA map of 4 GiB, touched",
		  of: ["map-warm", "bar", ["4G"]],
		  against: { column: "stock", size: "4K" }, most: 1 },
		{ what: "DMA unmap of 4 GiB",
		  of: ["unmap", "bar", ["4G"]],
		  against: { column: "stock", size: "4K" }, most: 1 }
	 else empty end),

	(("mmap", "munmap") as $op |
	{ what: $op, not: "wrap-vmops",
	  of: [$op, "bar", ["4K", "64K", "2M", "16M", "256M", "1G", "4G"]],
	  against: { column: "stock" }, most: 1.1 }),

	((["map-cold", "not touched"], ["map-warm", "touched"]) as [$op, $text] |
	{ what: "DMA map of RAM in pages of 4 KiB, \($text)",
	  of: [$op, "ram", ["4K", "64K", "2M", "16M", "64M"]],
	  against: { column: "stock" }, most: $no_more },
	{ what: "DMA map of RAM in pages of 2 MiB, \($text)",
	  of: [$op, "hugetlb", ["2M", "16M", "64M"]],
	  against: { column: "stock" }, most: $no_more }),
	{ what: "DMA unmap of 64 MiB of RAM in pages of 2 MiB",
	  of: ["unmap", "hugetlb", ["64M"]],
	  against: { column: "stock" }, least: 4 },

	((["interrupt", "interrupt", ["INTx", "MSI"]],
	  ["unmask", "unmasking of INTx", ["ioctl", "eventfd"]],
	  ["config-read", "config space, a read", registers],
	  ["config-write", "config space, a write", written]) as
		[$op, $text, $names] |
	{ what: $text, of: [$op, $names],
	  against: { column: "stock" }, most: 1.05 });

# variant: of the strategy; against.variant: the other one. more: at most so many
# instructions more. For counts alone.
def revocation_goals:
	# Ten times as many take ten times as long, whatever one of them takes.
	(["suspend", "memory off"], ["resume", "memory on"], ["close", "close"] |
	{ what: "\(.[1]), 10,000 runs", of: [.[0], "runs", ["10000"]],
	  against: { size: "1000", name: "what 1,000 take" }, most: 10.1 }),
	{ what: "memory off, 1,000 mmaps", of: ["zap", "vmas", ["1000"]],
	  against: { size: "100", name: "what 100 take" }, most: 10.1 },

	# The run is put into the device's list, and taken out of it.
	(["map-cold", "DMA map"], ["unmap", "DMA unmap"] |
	{ what: "\(.[1]) of a BAR with revoke=suspend",
	  of: [.[0], "bar", ["4K", "2M", "4G"]], variant: ":revoke=suspend",
	  against: { variant: ":revoke=none", name: "revoke=none" },
	  more: 64 }),

	# One no-op for each event: resolve and map here, one a run there.
	{ what: "DMA map of a BAR, trace events off",
	  of: ["map-cold", "bar", ["4K", "2M", "4G"]], variant: ":events=off",
	  against: { variant: ":events=out", name: "no events" },
	  more: 2 },
	# What else a close does varies by hundreds.
	(["suspend", "memory off", 1000], ["resume", "memory on", 1000],
	 ["close", "close", 2000] |
	{ what: "\(.[1]), 1,000 runs, trace events off",
	  of: [.[0], "runs", ["1000"]], variant: ":events=off",
	  against: { variant: ":events=out", name: "no events" },
	  more: .[2] });

# What a goal is of, one by one, and what each of them is called.
def places:
	if length == 2 then
		. as [$op, $names] | $names[] |
		{ $op, memory: ., size: 0, name: . }
	else
		. as [$op, $memory, $sizes] | $sizes[] |
		{ $op, $memory, size: sizes[.], name: . }
	end;

# Of which pairs of columns it is known that they do not differ significantly.
def chance($results):
	[$results[].series[] | . as $series | .differences[] | select(.significant == false) |
		{ key: (key($series.op; $series.memory; $series.size; .column) + " " + .against),
		  value: true }] | from_entries;

# A goal and a strategy to the worst {name, ratio, more, chance, met}; null if not
# measured.
def judge($values; $chance; $strategy):
	. as $goal | .against as $against |
	($strategy + .variant) as $column |
	[.of | places |
		key(.op; .memory; .size; $column) as $mine |
		{ name,
		  mine: $values[$mine],
		  other: $values[key($against.op // .op;
				     $against.memory // .memory;
				     if $against.size then sizes[$against.size]
				     else .size end;
				     $against.column // $strategy +
				     $against.variant)],
		  chance: ($chance[$mine + " " + ($against.column // "")] == true and
			   ($against | del(.column) == {})) } |
		select(.mine and .other) |
		{ name, chance, ratio: (.mine / .other), more: (.mine - .other) } |
		.met = if $goal.least then 1 / .ratio >= $goal.least
		       elif $goal.more then .more <= $goal.more
		       else .chance or .ratio <= $goal.most end] |
	max_by([(.met | not), if $goal.more then .more else .ratio end]);

.environment.exact as $exact | medians as $medians | estimates as $estimates |
chance($results) as $chance |
strategies[] as $strategy |
((latency_goals($exact) | [., $medians]),
 (if $exact then revocation_goals | [., $estimates] else empty end)) as
	[$goal, $values] |
select($goal.not != $strategy) |
($goal | judge($values; $chance; $strategy)) | select(.) |
"\(if .met then "met" else "MISSED" end | left(7))\($strategy | left(13))" +
"\($goal.what)" +
(if $goal.of[-1] | length > 1 then ", worst at \(.name)" else "" end) + ": " +
(if $goal.least then
	"\(1 / .ratio | digits) times faster than stock (at least \($goal.least | thousands))"
 elif $goal.more then
	"\(.more | signed) instructions beside \($goal.against.name) (at most +\($goal.more | thousands))"
 else
	"\(.ratio | fixed(3))\(if .chance then "~" else "" end) of \($goal.against |
		if .name then .name elif .size then "stock's \(.size)" elif .memory then "an aligned one"
		elif .column == "floor" then "the floor" else .column end) " +
	"(at most \($goal.most))"
 end)
