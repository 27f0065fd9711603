# SPDX-License-Identifier: GPL-2.0-only
# What the operations on the kinds of memory are called, in the order to show
# them, and from results.json the blocks that there are: all sizes of one
# operation on one kind of memory.
include "medians";
include "rows";

def titles:
	((["bar", "a BAR"],
	  ["bar-2m", "a BAR, both aligned to 2 MiB only"],
	  ["bar-va4k", "a BAR, VA aligned to 4 KiB only"],
	  ["bar-iova4k", "a BAR, IOVA aligned to 4 KiB only"],
	  ["ram", "RAM in pages of 4 KiB"],
	  ["hugetlb", "RAM in pages of 2 MiB"]) as [$memory, $name] |
		["mmap", $memory, "mmap of \($name)"],
		["touch", $memory, "First touch of \($name)"],
		["munmap", $memory, "munmap of \($name), touched"],
		["map-cold", $memory, "DMA map of \($name), not touched"],
		["map-warm", $memory, "DMA map of \($name), touched"],
		["unmap", $memory, "DMA unmap of \($name)"]),
	["resolve-cold", "bar", "Resolve alone, in a DMA map of a BAR, not touched"],
	["resolve-warm", "bar", "Resolve alone, in a DMA map of a BAR, touched"],
	["resolve-null", "bar", "What tracing adds to resolve: an empty call"],
	((["runs", "device runs, a page each, not adjacent"],
	  ["adjacent-runs", "device runs, a page each, adjacent"]) as [$memory, $name] |
		["suspend", $memory, "Memory off: \($name)"],
		["resume", $memory, "Memory on again: \($name)"],
		["close", $memory, "Last close of the device: \($name)"]),
	["zap", "vmas", "Memory off: mmaps, a page each, no DMA mapping"],
	(["mmap", "mmap of a page"], ["map-cold", "DMA map of a page"], ["munmap", "munmap of a page"],
	 ["fork", "fork"] |
		[.[0], "beside-vmas", "\(.[1]) in a process with so many mmaps of the device"]),
	["fork", "forks", "fork, the last one of so many, with a page mmapped"],
	["zap", "forks", "Memory off: a page that so many processes have mmapped"],
	((["containers", "a container and a device each"],
	  ["shared-bar", "a container each, of one BAR"],
	  ["threads", "one container, one device"]) as [$memory, $name] |
		["map-cold", $memory, "DMA map of a page, by threads at once: \($name)"],
		["unmap", $memory, "DMA unmap of a page, by threads at once: \($name)"]),
	(["map-cold", "DMA map of a page of one"], ["unmap", "DMA unmap of a page of one"],
	 ["map-all", "DMA map of a page of each, by one call"],
	 ["unmap-all", "DMA unmap of a page of each, by one call"],
	 ["suspend", "Memory off of one, a page mapped"], ["resume", "Memory on again"] |
		[.[0], "devices", "\(.[1]): devices in one container"]),
	["interrupt", "INTx", "Interrupt by pin, from the device to its eventfd"],
	["interrupt", "MSI", "Interrupt by MSI, from the device to its eventfd"],
	(("ioctl", "eventfd") | ["unmask", ., "Unmasking of INTx by \(.)"]),
	((["config-read", "read"], ["config-write", "write"]) as [$op, $text] |
		("vendor", "command", "status", "BAR", "line", "header", "PM", "PCIe", "MSI-X", "extended") |
		[$op, ., "Config space, a \($text): \(.)"]),
	["process", "bar", "Whole process: open, mmap, DMA map, unmap, munmap, close"];

# What a size is called: bytes, or how many there are, or none.
def size_label($memory):
	if . == 0 then "each" elif $memory | test("^(bar|ram|hugetlb)") then size_name else thousands end;

# {op, memory, title, series}; what has no title is named as it is in the data.
def blocks:
	[.series[] | select(.op != "null")] as $series |
	([$series[] | "\(.op) \(.memory)"] | unique) as $there |
	([titles | "\(.[0]) \(.[1])"]) as $known |
	(titles, ($there - $known | .[] | split(" ") | [.[0], .[1], "\(.[0]) of \(.[1])"])) |
	. as [$op, $memory, $title] |
	[$series[] | select(.op == $op and .memory == $memory)] | sort_by(.size) |
	select(length > 0) |
	{ $op, $memory, $title, series: . };

# The columns, that first which the others are compared with.
def columns:
	.environment.columns | map(select(. == "stock")) + map(select(. != "stock"));

# How two columns compare in a series: {ratio, p, significant}, or null.
def compared($column; $against):
	[.differences[] | select(.column == $column and .against == $against)][0];

# Every comparison of two strategies, and what to think of those that differ.
def pairs($strategies):
	[.series[] | . as $series | .differences[] |
		select(.column as $c | .against as $a | $strategies | index($c) and index($a)) |
		. + { op: $series.op, memory: $series.memory, size: $series.size }];

def among_note($all; $significant):
	"\($significant | length) of \($all | length) comparisons. If all were equal, about " +
	"\(($all | length) * 0.05 | round) would be found by chance: what holds for several sizes " +
	"of one operation says more than a single one.";

# A few characters for a ratio: 1.01, 12.3, 1/250, 1/17k; with ~ where the
# difference is not significant.
def short_ratio:
	(if .ratio >= 0.1 then .ratio | digits
	 elif .ratio == 0 then "0"
	 else 1 / .ratio |
		if . < 9999.5 then "1/\(round)"
		elif . < 999500 then "1/\(. / 1e3 | round)k"
		else "1/\(. / 1e6 | fixed(1))M" end
	 end) +
	if .significant == false then "~" else "" end;

# A value of at most six characters.
def short_amount($exact):
	if . < 1e5 and $exact then thousands
	elif . < 999500 and $exact then "\(. / 1e3 | round)k"
	elif $exact then "\(. / 1e6 | digits)M"
	else amount($exact) | sub(" "; "") end;

def harness_of:
	[.series[] | select(.op == "null").columns[].median] | if length > 0 then median else null end;

# What there is to say of how it was measured: a line each.
def circumstances:
	.environment |
	"Linux \(.kernel), config \(.config // "unknown"), \(.compiler // "unknown compiler")",
	"IOMMU: \(.iommu), domains \(.domain // "unknown"); " +
		(if .machine then .machine else "\(.qemu), \(.accel)" end) + ", on \(.cpu)",
	(select(.devices) | "On this machine itself" +
		(if .accel == "none" then "" else ", which is a virtual one (\(.accel))" end) +
		": " + (.devices | join("; "))),
	"Boots: \(.boots // 1), rounds in each: \(.rounds), seed: \(.seed), commit \(.commit)",
	(select(.load) | "Load of the host at the start: \(.load), on \(.cpus) CPUs" +
		if .load >= .cpus then ": busy, so times vary" else "" end);

def emulated: .environment | .accel == "tcg" and (.exact | not);
def statistics: (.environment.boots // 1) >= .fewest_boots;
