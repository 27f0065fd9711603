# SPDX-License-Identifier: GPL-2.0-only
# What each strategy is to reach, and whether it does, from out/samples.json.
# Every goal is a ratio: the strategy's median of an operation over the median
# of something to compare with. Where there are several sizes the worst counts.
include "medians";

def bytes: { "4K": 4096, "64K": 65536, "2M": 2097152, "16M": 16777216,
	     "64M": 67108864, "256M": 268435456, "1G": 1073741824,
	     "4G": 4294967296 };

# of: operation, memory, sizes. against: the same of another column, unless it
# names other ones. Either at most or at least, the latter for 1 / ratio.
def goals($exact):
	# "No more": counts are exact, times carry noise.
	(if $exact then 1 else 1.05 end) as $no_more |

	{ what: "DMA map of 4 GiB, not touched",
	  of: ["map-cold", "bar", ["4G"]],
	  against: { column: "stock" }, least: 10000 },
	{ what: "DMA map of 2 MiB, not touched",
	  of: ["map-cold", "bar", ["2M"]],
	  against: { column: "stock" }, least: 10 },
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
	  against: { column: "stock" }, least: 4 };

# A goal and a strategy to the worst {ratio, size}; null if not measured.
def judge($medians; $strategy):
	.against as $against | .of as [$op, $memory, $sizes] |
	[$sizes[] | . as $size |
		{ $size,
		  mine: $medians[key($op; $memory; bytes[$size]; $strategy)],
		  other: $medians[key($against.op // $op;
				      $against.memory // $memory;
				      bytes[$against.size // $size];
				      $against.column // $strategy)] } |
		select(.mine and .other) |
		{ $size, ratio: (.mine / .other) }] |
	max_by(.ratio);

medians as $medians | strategies[] as $strategy |
goals(.environment.exact) | select(.not != $strategy) |
. as $goal | judge($medians; $strategy) | select(.) |
(if $goal.least then 1 / .ratio >= $goal.least
 else .ratio <= $goal.most end) as $met |
"\(if $met then "met" else "MISSED" end | left(7))\($strategy | left(13))" +
"\($goal.what)" +
(if $goal.of[2] | length > 1 then ", worst at \(.size)" else "" end) + ": " +
(if $goal.least then
	"\(1 / .ratio | digits) times faster than stock (at least \($goal.least | thousands))"
 else
	"\(.ratio | fixed(3)) of \($goal.against |
		if .size then "stock's \(.size)" elif .memory then "an aligned one"
		elif .column == "floor" then "the floor" else "stock" end) " +
	"(at most \($goal.most))"
 end)
