# SPDX-License-Identifier: GPL-2.0-only
# machines.json to machines.txt: how the columns compare on each machine, at most
# 72 columns wide. Machines differ, so times of two are never compared: each
# machine's own stock is 1.
include "medians";
include "rows";
include "titles";

def trimmed: sub(" +$"; "");

def machine_line($columns; $exact):
	.machine as $machine | .series as $series |
	($machine[:15] | left(16)) +
	($series.columns.stock.median // null |
		if . then short_amount($exact) else "-" end | right(8)) +
	([$columns[] | . as $column |
		($series | compared($column; "stock") // null |
		 if . then short_ratio else "-" end | right(12))] | add // "") | trimmed;

def preamble:
	"How the columns compare on each machine: what stock takes, and what the",
	"others take of that (1/50: fifty times faster).", "",
	(.machines[] |
		"\(.machine): Linux \(.results.environment.kernel),",
		"  \(.results.environment.machine // "unknown"), \(.results.environment.cpu)",
		(select(.results | emulated) | "  EMULATED: says nothing of real hardware"),
		(.results.environment.devices // [] | .[] | "  \(.)"));

# Columns that any of them has, in the order of the first one that has it.
def all_columns:
	reduce (.machines[].results | columns[]) as $column ([];
		if index($column) then . else . + [$column] end) - ["stock"];

.machines as $machines | all_columns as $columns |
preamble,
([$columns | range(0; [length, 1] | max; 4) as $i | .[$i:$i + 4]][]) as $shown |
"",
(" " * 16 + ("stock" | right(8)) + ([$shown[] | right(12)] | add // "")),
# Every block that any machine has; in each, all sizes.
([$machines[].results.series[]] | unique_by([.op, .memory, .size])) as $there |
({ series: $there } | blocks | .op as $op | .memory as $memory |
	"", .title,
	(.series[] | .size as $size |
		"  \($size | size_label($memory))",
		($machines[] | .results.environment.exact as $exact |
			{ machine, series: ([.results.series[] |
				select(.op == $op and .memory == $memory and .size == $size)][0]) } |
			select(.series) | machine_line($shown; $exact))))
