# SPDX-License-Identifier: GPL-2.0-only
# samples.json to how the samples of each operation are distributed, at one size
# each: {"OP MEMORY SIZE": {COLUMN: [values, sorted]}}, at most 200 of them, evenly
# spread over all.
include "medians";

def thinned:
	sort | length as $count |
	if $count <= 200 then .
	else [.[range(200) | . * ($count - 1) / 199 | round]] end;

[.runs[] | .column as $column | .result.ticks_per_us as $per_us |
	.result.series[] |
	select(.op != "null" and (.size == 2097152 and .memory == "bar" or .size == 1000)) |
	{ key: "\(.op) \(.memory) \(.size)", $column,
	  values: (if $per_us then .ticks | map(. * 1000 / $per_us) else .ticks end) }] |
group_by(.key) |
map({ key: .[0].key,
      value: (group_by(.column) |
		map({ key: .[0].column, value: (map(.values) | add | thinned) }) |
		from_entries) }) |
from_entries
