# SPDX-License-Identifier: GPL-2.0-only
# out/samples.json to the table that people read. Takes $whole: the median of
# the whole process for each column, in seconds, by hyperfine.
include "medians";
include "rows";

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

def block($medians; $columns; $exact; $op; $name; $kind; $suffix):
	[.runs[].result.series[] |
		select(.op == $op and .memory == $kind).size] | unique |
	if length == 0 then empty
	else "", "\($name) \(kinds[$kind])\($suffix)",
		(.[] as $size |
		 [$columns[] |
			{ key: ., value: $medians[key($op; $kind; $size; .)] }] |
		 from_entries | row($columns; $size | size_name; $exact; "stock"))
	end;

.environment as $environment | $environment.columns as $columns |
$environment.exact as $exact | medians as $medians |

preamble("median"; "and its ratio to stock's"),
"",
heading($columns),
(. as $all | blocks as [$op, $name, $kind, $suffix] |
	$all | block($medians; $columns; $exact; $op; $name; $kind; $suffix)),
(if ($whole | length) > 0 then
	"", "Whole process: open, mmap, DMA map, unmap, munmap, close (hyperfine)",
	($whole | map_values(. * 1e9) | row($columns; "256 MiB"; $exact; "stock"))
 else empty end),
harness($medians; $columns; $exact)
