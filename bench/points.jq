# SPDX-License-Identifier: GPL-2.0-only
# The points of one plot for plot.gp, with its variables in the first line.
# Takes $name: "OP MEMORY", or with $distributions "OP MEMORY SIZE". Times are in
# seconds, so that axes can name the units.
include "medians";
include "rows";
include "titles";

($ARGS.named.distributions // [null])[0] as $distributions |
.environment.exact as $exact | (if $exact then 1 else 1e9 end) as $unit |
(if $exact then "instructions" else "time" end) as $ylabel |
columns as $columns | ($name | split(" ")) as $words | $words[1] as $memory |
($memory | test("^(bar|ram|hugetlb)")) as $bytes |

(if $distributions then
	$distributions[$name] |
	map_values(map(. / $unit) | length as $count |
		[[.[0], 0]] + (to_entries | map([.value, (.key + 1) * 100 / $count])))
 else
	[blocks | select(.op == $words[0] and .memory == $memory).series[] |
		.size as $size | .columns | to_entries[] |
		{ column: .key,
		  point: [$size, .value.median / $unit,
			  (.value.low // .value.median) / $unit,
			  (.value.high // .value.median) / $unit] }] |
	group_by(.column) |
	map({ key: .[0].column, value: map(.point) }) | from_entries
 end) as $lines |

[$columns | to_entries[] | select($lines[.value])] as $shown |
(if $exact then "'%.0s%c'" else "'%.0s %cs'" end) as $format |
"styles = '\([$shown[] | .key % 8 + 1 | tostring] | join(" "))'; " +
(if $distributions then "xformat = \($format); xlabel = '\($ylabel)'; ylabel = 'percent of the samples'"
 else "yformat = \($format); xformat = '%.0s%c'; ylabel = '\($ylabel)'; " +
	"xlabel = '\(if $bytes then "bytes" else "how many" end)'; " +
	"bytes = \(if $bytes then 1 else 0 end); " +
	"few = \(if [$lines[][][0]] | max <= 16 then 1 else 0 end); " +
	"intervals = \(if statistics then 1 else 0 end)" end),
($shown[].value | . as $column | "\"\($column)\"",
	($lines[$column][] | map(tostring) | join(" ")), "", "")
