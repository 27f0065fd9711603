# SPDX-License-Identifier: GPL-2.0-only
# results.json to report.txt: tables for a mail, at most 72 columns. First what
# compares the columns, then all that is known of each.
include "medians";
include "rows";
include "titles";

def wrapped($width):
	reduce splits(" +") as $word ([""];
		if .[-1] == "" then .[-1] = $word
		elif (.[-1] + " " + $word | length) <= $width then .[-1] += " " + $word
		else . + ["  " + $word] end) | .[];

def trimmed: sub(" +$"; "");

def preamble($exact):
	(circumstances | wrapped(72)), "",
	(if emulated then
		"EMULATED: the columns compare with each other, not with real hardware.", ""
	 else empty end),
	((if $exact then "Each cell: instructions, counted (the median)"
	  elif statistics then "Each cell: the median over the boots"
	  else "Each cell: the median" end) +
	 ", and its ratio to the first column's (1/50: fifty times faster)." +
	 (if statistics then
		" ~: no significant difference (rank test of Mann and Whitney over the boots, 5 %; of equal columns, one in twenty is taken for different)."
	  elif $exact then ""
	  else " Fewer than \(.fewest_boots) boots: no intervals, and no word on what is significant."
	  end) | wrapped(72));

# A line of the comparison; the columns are the ones that fit.
def line($series; $columns; $base; $exact):
	($series.size | size_label($series.memory) | left(8)) +
	($series.columns[$base].median // null |
		if . then short_amount($exact) else "-" end | right(7)) +
	([$columns[] | . as $column | $series.columns[$column].median |
		if . == null then ("-" | right(7)) + " " * 7
		else (short_amount($exact) | right(7)) + " " +
			($series | compared($column; $base) // null |
			 if . then short_ratio else "" end | left(6))
		end] | add // "");

def comparison($columns; $exact):
	. as $all | $columns[0] as $base |
	([$columns[1:] | range(0; [length, 1] | max; 4) as $i | .[$i:$i + 4]][]) as $shown |
	"",
	(" " * 8 + ($base | right(7)) + ([$shown[] | right(13) + " "] | add // "") | trimmed),
	($all | blocks |
		select($shown == [] or any(.series[].columns[$shown[]]; .)) |
		"", .title, (.series[] | line(.; $shown; $base; $exact) | trimmed));

# Pairs of strategies that differ, one line a size.
def among($strategies):
	pairs($strategies) as $all | [$all[] | select(.significant)] as $pairs |
	"", "Strategies that differ from each other significantly", "",
	(among_note($all; $pairs) | wrapped(72)),
	(if ($pairs | length) == 0 then empty else
		"", "operation" + " " * 25 + "this one     takes  of what that takes",
		($pairs[] |
		 ("\(.op) \(.memory) \(.memory as $m | .size | size_label($m))" | left(34)) +
		 (.column | left(13)) + (.ratio | fixed(3) | left(7)) + .against)
	 end);

def details($columns; $exact):
	"", "All that is known of each", "",
	("size" | left(8)) + ("column" | left(13)) +
	(["median", "low", "high", "p90", "p99", "min", "max"] | map(right(7)) | add),
	(blocks | "", .title, (.series[] | . as $series |
		$columns[] | . as $column | $series.columns[$column] | select(.) |
		($series.size | size_label($series.memory) | left(8)) + ($column | left(13)) +
		([.median, .low, .high, .p90, .p99, .min, .max] |
			map(if . == null then "-" else short_amount($exact) end | right(7)) | add)));

def cost_rows:
	["lines of code, core's half", .core_lines],
	["lines of code, driver's half", .driver_lines],
	["bytes of text, core's half", .core_text],
	["bytes of text, driver's half", .driver_text],
	["bytes of text, whole module", .module_text];

def call_rows:
	(["mmap", "mmap"], ["map-cold", "DMA map"]) as [$op, $name] |
	["\($name): calls", .[$op].calls],
	["\($name): locks", .[$op].locks],
	["\($name): bytes", .[$op].bytes];

# Four columns beside each other, then those that are left.
def cost($columns):
	. as $all | [$columns[] | select($all.cost[.] or $all.calls[.])] as $known |
	if ($known | length) == 0 then empty else
		"", "Cost that is not time: lines of code, bytes of text; and of mmap and",
		"DMA map of 2 MiB, as traced, calls, locks taken and bytes allocated",
		($known | _nwise(4) | . as $shown |
		"",
		" " * 20 + ([$shown[] | right(13)] | add),
		([$shown[] as $column |
			[($all.cost[$column] // {} | cost_rows),
			 ($all.calls[$column] // {} | call_rows)]] | transpose[] |
			(.[0][0] | sub("lines of code, "; "lines, ") | sub("bytes of text, "; "text, ") | left(20)) +
			([.[][1] | if . == null then "-" else thousands end | right(13)] | add)))
	end;

# A list, in lines of at most 72 columns, later ones indented.
def listed($name):
	reduce (to_entries | map("\(.value) \(.key)") | .[:-1][] += ",")[] as $item ([$name + ":"];
		if (.[-1] + " " + $item | length) > 72 then . + ["  " + $item]
		else .[-1] += " " + $item end) | .[];

def locks_taken($columns):
	. as $all | if .locks == {} then empty else
		"", "Locks that a debug kernel sees taken, for 2 MiB of a BAR",
		((["mmap", "mmap"], ["map-cold", "DMA map"]) as [$op, $name] |
			"", $name,
			($columns[] as $column | $all.locks[$column][$op] | select(.) | listed($column)))
	end;

.environment.exact as $exact | columns as $columns |
preamble($exact),
comparison($columns; $exact),
(select(statistics) | among($columns - peers)),
cost($columns),
locks_taken($columns),
details($columns; $exact),
"", "Harness, two readings of the clock: \(harness_of // 0 | amount($exact))"
