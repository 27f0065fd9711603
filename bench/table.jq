# SPDX-License-Identifier: GPL-2.0-only
# out/samples.json to the table that people read. Takes $whole: the median of
# the whole process for each column, in seconds, by hyperfine.
include "medians";

def kinds: {
	"bar": "a BAR",
	"bar-va4k": "a BAR, VA aligned to 4 KiB only",
	"bar-iova4k": "a BAR, IOVA aligned to 4 KiB only",
	"ram": "RAM in pages of 4 KiB",
	"hugetlb": "RAM in pages of 2 MiB (hugetlb)"
};

# In the order to print: operation, its name, kind of memory, and what follows.
def blocks:
	["mmap", "mmap of", "bar", ""],
	["touch", "first touch of", "bar",
	 ": one read each 4 KiB, above 2 MiB each 2 MiB"],
	["munmap", "munmap of", "bar", ", touched"],
	("bar", "bar-va4k", "bar-iova4k", "ram", "hugetlb" |
		["map-cold", "DMA map of", ., ", not touched"],
		(select(startswith("bar-") | not) |
			["map-warm", "DMA map of", ., ", touched"]),
		["unmap", "DMA unmap of", ., ""]);

def amount($exact):
	if $exact and . < 1e7 then thousands
	elif $exact then "\(. / 1e6 | digits) M"
	elif . < 1e3 then "\(fixed(0)) ns"
	elif . < 1e6 then "\(. / 1e3 | digits) us"
	elif . < 1e9 then "\(. / 1e6 | digits) ms"
	else "\(. / 1e9 | digits) s" end;

# How a value compares with stock's: 0.85, or 1/250 where that says more.
def ratio:
	if . >= 0.1 then digits
	else 1 / . |
		if . < 9999.5 then "1/\(fixed(0))"
		elif . < 999950 then "1/\(. / 1e3 | digits)k"
		else "1/\(. / 1e6 | digits)M" end
	end;

# One row from {column: value}.
def row($columns; $name; $exact):
	. as $values |
	($name | left(9)) +
	([$columns[] | $values[.] as $value |
		if $value == null then "-" | right(10) | left(18)
		else ($value | amount($exact) | right(10)) +
			(if . == "stock" or $values.stock == null or
				$values.stock == 0 then ""
			 else " \($value / $values.stock | ratio)" end |
			 left(8))
		end] | add) |
	sub(" +$"; "");

def heading($columns):
	" " * 9 + ([$columns[] | right(12) | left(18)] | add) |
	sub(" +$"; "");

def block($medians; $columns; $exact; $op; $name; $kind; $suffix):
	[.runs[].result.series[] |
		select(.op == $op and .memory == $kind).size] | unique |
	if length == 0 then empty
	else "", "\($name) \(kinds[$kind])\($suffix)",
		(.[] as $size |
		 [$columns[] |
			{ key: ., value: $medians[key($op; $kind; $size; .)] }] |
		 from_entries | row($columns; $size | size_name; $exact))
	end;

.environment as $environment | $environment.columns as $columns |
$environment.exact as $exact | medians as $medians |

"Linux \($environment.kernel), \($environment.iommu) IOMMU, one boot, rounds: \($environment.rounds), seed: \($environment.seed), commit \($environment.commit)",
"\($environment.qemu), \($environment.accel), on \($environment.cpu)",
(if $exact then
	"Instructions, counted; median, and its ratio to stock's."
 else
	"EMULATED: the columns compare with each other, not with real hardware.",
	"Median time, and its ratio to stock's (1/50: fifty times faster)."
 end),
"",
heading($columns),
(. as $all | blocks as [$op, $name, $kind, $suffix] |
	$all | block($medians; $columns; $exact; $op; $name; $kind; $suffix)),
(if ($whole | length) > 0 then
	"", "Whole process: open, mmap, DMA map, unmap, munmap, close (hyperfine)",
	($whole | map_values(. * 1e9) | row($columns; "256 MiB"; $exact))
 else empty end),
"", "Harness, two readings of the clock: " +
	([$medians[key("null"; "none"; 0; $columns[])]] | median | amount($exact))
