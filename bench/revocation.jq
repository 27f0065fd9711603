# SPDX-License-Identifier: GPL-2.0-only
# samples.json of revocation to the table that people read.
include "medians";
include "rows";

# In the order to print: operation, kind of memory, the column that others are
# compared with (none: ""), and what is shown.
def blocks:
	["suspend", "runs", "floor", "Memory off: device runs, a page each, not adjacent"],
	["resume", "runs", "floor", "Memory on again"],
	["close", "runs", "", "Last close of the device, its runs live"],
	["suspend", "adjacent-runs", "floor", "Memory off: device runs, a page each, at adjacent IOVAs"],
	["resume", "adjacent-runs", "floor", "Memory on again"],
	["zap", "vmas", "stock", "Memory off: mmaps, a page each, touched, no DMA mapping"];

# What each further one costs, between the two largest numbers measured.
def slope($estimates; $columns; $op; $kind; $sizes):
	$sizes[-2] as $less | $sizes[-1] as $more |
	[$columns[] |
		$estimates[key($op; $kind; $less; .)] as $first |
		$estimates[key($op; $kind; $more; .)] as $last |
		select($first and $last) |
		{ key: ., value: (($last - $first) / ($more - $less)) }] |
	from_entries;

def sizes($op; $kind):
	[.runs[].result.series[] |
		select(.op == $op and .memory == $kind).size] | unique;

def count_block($estimates; $columns; $exact; $op; $kind; $base; $title):
	sizes($op; $kind) as $sizes |
	if ($sizes | length) == 0 then empty
	else "", $title,
		($sizes[] as $size |
		 [$columns[] |
			{ key: ., value: $estimates[key($op; $kind; $size; .)] }] |
		 from_entries | row($columns; $size | thousands; $exact; $base)),
		(select($sizes | length > 1) |
		 slope($estimates; $columns; $op; $kind; $sizes) |
		 row($columns; "each more"; $exact; $base))
	end;

# Variants of a strategy beside each other: what the first takes, and of each
# other one how much more that is, and the ratio.
def signed($exact):
	if . < 0 then "-" + (-. | amount($exact)) else "+" + amount($exact) end;

def variant_row($name; $exact):
	. as $values | ($name | left(24)) +
	([range(length) | . as $i |
		if $values[$i] == null then "-" | right(10)
		else $values[$i] | amount($exact) | right(10) end |
		if $i == 0 or $values[0] == null or $values[$i] == null then .
		else . + "  " + ($values[$i] - $values[0] | signed($exact)) +
			" \($values[$i] / $values[0] | ratio)" end |
		left(if $i == 0 then 12 else 28 end)] | add) |
	sub(" +$"; "");

def operations:
	((["map-cold", "DMA map of"], ["unmap", "DMA unmap of"]) as [$op, $name] |
		(4096, 2097152, 4294967296) as $size |
		{ key: [$op, "bar", $size], name: "\($name) \($size | size_name)" }),
	((["suspend", "memory off"], ["resume", "memory on"],
		["close", "close"]) as [$op, $name] |
		{ key: [$op, "runs", 1000], name: "\($name), 1,000 runs" });

def variant_block($estimates; $strategy; $variants; $title; $exact):
	"", "\($title), \($strategy)",
	" " * 24 + ([$variants[] | sub(".*="; "") | right(10) | left(28)] |
		.[0] |= .[:12] | add | sub(" +$"; "")),
	(operations as $operation |
		[$variants[] | . as $variant |
			$operation.key as [$op, $kind, $size] |
			$estimates[key($op; $kind; $size; $strategy + $variant)]] |
		select(any) | variant_row($operation.name; $exact));

def variant_blocks($estimates; $columns; $variants; $title; $exact):
	$columns[] | select(endswith($variants[0])) | rtrimstr($variants[0]) |
	variant_block($estimates; .; $variants; $title; $exact);

.environment as $environment | $environment.exact as $exact |
[$environment.columns[] | select(contains(":") | not)] as $columns |
estimates as $estimates |

preamble("the least of all samples"; "and its ratio to the floor's; of mmaps, to stock's"),
(if $columns | length > 0 then
	"", heading($columns),
	(. as $all | blocks as [$op, $kind, $base, $title] |
		$all | count_block($estimates; $columns; $exact; $op; $kind; $base; $title))
 else empty end),
variant_blocks($estimates; $environment.columns;
	       [":revoke=none", ":revoke=release", ":revoke=suspend"];
	       "What revoke= costs"; $exact),
variant_blocks($estimates; $environment.columns;
	       [":events=out", ":events=off", ":events=on"];
	       "What trace events cost"; $exact),
harness($estimates; $environment.columns; $exact)
